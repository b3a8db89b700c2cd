#include <leash/runtime.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "debug_presence.hpp"
#include "environment.hpp"
#include "worker.hpp"

#include <leash/error.hpp>
#include <leash/go.hpp>

namespace leash {

std::size_t num_goroutines() noexcept {
  detail::touch(detail::common_thing::goroutine_count, detail::access::read);
  return static_cast<std::size_t>(std::max<std::int64_t>(detail::live_goroutines(), 0));
}

bool unwinding() noexcept {
  const detail::goroutine* self = detail::current_goroutine();
  return self != nullptr && self->is_unwinding();
}

std::uint64_t this_goroutine::id() noexcept {
  const detail::goroutine* self = detail::current_goroutine();
  return self == nullptr ? 0 : self->id.load(std::memory_order_relaxed);
}

memory_usage memory() noexcept {
  const detail::arena_usage now = detail::usage();
  return {now.live_frames, now.live_blocks, now.live_bytes};
}

namespace detail {

namespace {

std::uint32_t processors_of(const runtime_options& options) {
  return options.processors != 0 ? std::min(options.processors, most_processors)
                                 : processors_here();
}

leak_policy policy_of(const runtime_options& options) {
  return options.leaks ? *options.leaks : policy_here();
}

std::chrono::milliseconds patrol_of(const runtime_options& options) {
  if (options.virtual_time || options.hidden) return {};
  if (options.patrol) return *options.patrol;
  if (const auto given = patrol_here()) return *given;
  // Who wants leaks unwound wants somebody who does it.
  return std::chrono::seconds(policy_of(options) == leak_policy::unwind ? 30 : 0);
}

}  // namespace

struct runner::state {
  explicit state(const runtime_options& options)
      : home(processors_of(options), options.virtual_time, options.watchdog, options.hidden),
        policy(policy_of(options)),
        debug(options.hidden) {
    home.policy.store(policy, std::memory_order_relaxed);
    home.patrol_every = detail::patrol_of(options);
    (void)detail::proof_here();  // said now, if it is wrong
  }

  scheduler home;
  leak_policy policy;
  debug_presence debug;
  std::atomic<bool> main_is_over{false};
};

runner::runner(const runtime_options& options) : state_(new state(options)) {}

runner::~runner() { delete state_; }

void runner::main_is(goroutine& started) noexcept {
  state_->home.main.store(&started, std::memory_order_release);
}

void runner::main_ended() noexcept {
  state_->home.main.store(nullptr, std::memory_order_relaxed);
  // Set while this worker is awake, so that no jump comes between.
  state_->home.time_stands.store(true, std::memory_order_release);
  state_->main_is_over.store(true, std::memory_order_seq_cst);
  state_->home.wake_all();
}

void runner::run(void (*start)(void*), void* argument) {
  scheduler& home = state_->home;
  {
    const start_in here(home);
    start(argument);
  }
  home.start_threads();
  home.run_until(state_->main_is_over);
  home.see_off_cohort(false);
  home.unwind_survivors(state_->policy != leak_policy::off);
  home.stop_threads();
}

thread_join::thread_join() {
  if (this_worker() != nullptr) throw error(errc::blocks_worker);
}

void thread_join::main_ended() noexcept {
  // Notified under the lock: the waiter destroys this as soon as it can.
  const std::lock_guard guard(lock_);
  over_ = true;
  changed_.notify_one();
}

void thread_join::wait() {
  std::unique_lock guard(lock_);
  changed_.wait(guard, [this] { return over_; });
}

}  // namespace detail

struct runtime::state {
  explicit state(const runtime_options& options)
      : home(detail::processors_of(options), options.virtual_time, options.watchdog,
             options.hidden),
        policy(detail::policy_of(options)),
        debug(options.hidden) {
    home.policy.store(policy, std::memory_order_relaxed);
    home.patrol_every = detail::patrol_of(options);
    (void)detail::proof_here();  // said now, if it is wrong
  }

  detail::scheduler home;
  leak_policy policy;
  detail::debug_presence debug;
  std::atomic<bool> over{false};
  std::thread first;  // worker 0; the others are the scheduler's
};

runtime::runtime(const runtime_options& options) : state_(new state(options)) {
  state_->home.start_threads();
  state_->first = std::thread([state = state_] { state->home.run_until(state->over); });
}

runtime::~runtime() {
  if (const detail::worker* self = detail::this_worker();
      self != nullptr && &self->home == &state_->home) {
    std::fputs(
        "leash: a runtime was destroyed on one of its own workers, which it would wait for.\n"
        "Destroy it on the thread that made it.\n",
        stderr);
    std::abort();
  }
  state_->home.see_off_cohort(true);
  state_->over.store(true, std::memory_order_seq_cst);
  state_->home.wake_all();
  state_->first.join();
  state_->home.unwind_survivors(state_->policy != leak_policy::off);
  state_->home.stop_threads();
  delete state_;
}

detail::scheduler& runtime::home() const noexcept { return state_->home; }

}  // namespace leash
