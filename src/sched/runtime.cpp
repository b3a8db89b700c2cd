#include <leash/runtime.hpp>

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "worker.hpp"

#include <leash/error.hpp>
#include <leash/go.hpp>

namespace leash {
namespace {

using namespace std::string_view_literals;

constexpr std::uint32_t most_processors = 256;

std::uint32_t processors_here() {
  if (const char* text = std::getenv("LEASH_MAXPROCS"); text != nullptr && *text != '\0') {
    const std::string_view given(text);
    std::uint32_t number = 0;
    const auto [end, bad] = std::from_chars(given.data(), given.data() + given.size(), number);
    if (bad != std::errc{} || end != given.data() + given.size() || number == 0 ||
        number > most_processors)
      throw error(errc::bad_option,
                  fmt::format("LEASH_MAXPROCS={}: give a number from 1 to {}, or unset it", given,
                              most_processors));
    return number;
  }
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 1;
  return static_cast<std::uint32_t>(std::clamp(CPU_COUNT(&allowed), 1, int{most_processors}));
}

leak_policy policy_here() {
  const char* text = std::getenv("LEASH_LEAKS");
  if (text == nullptr || *text == '\0' || text == "report"sv) return leak_policy::report;
  if (text == "off"sv) return leak_policy::off;
  throw error(errc::bad_option,
              fmt::format("LEASH_LEAKS={}: give off or report, or unset it", text));
}

}  // namespace

std::size_t num_goroutines() noexcept {
  return static_cast<std::size_t>(std::max<std::int64_t>(detail::live_goroutines(), 0));
}

bool unwinding() noexcept {
  const detail::goroutine* self = detail::current_goroutine();
  return self != nullptr && self->unwinding;
}

std::uint64_t this_goroutine::id() noexcept {
  const detail::goroutine* self = detail::current_goroutine();
  return self == nullptr ? 0 : self->id;
}

memory_usage memory() noexcept {
  const detail::arena_usage now = detail::usage();
  return {now.live_frames, now.live_blocks, now.live_bytes};
}

namespace detail {

struct runner::state {
  state(std::uint32_t processors, bool virtual_time, leak_policy policy)
      : home(processors, virtual_time), policy(policy) {}

  scheduler home;
  leak_policy policy;
  std::atomic<bool> main_is_over{false};
};

runner::runner(const runtime_options& options)
    : state_(new state(options.processors != 0 ? std::min(options.processors, most_processors)
                                               : processors_here(),
                       options.virtual_time, options.leaks ? *options.leaks : policy_here())) {}

runner::~runner() { delete state_; }

void runner::main_ended() noexcept {
  state_->main_is_over.store(true, std::memory_order_seq_cst);
  state_->home.wake_all();
}

void runner::run(void (*start)(void*), void* argument) {
  scheduler& home = state_->home;
  worker* outer = this_worker();
  set_this_worker(home.workers.front().get());
  try {
    start(argument);
  } catch (...) {
    set_this_worker(outer);
    throw;
  }
  set_this_worker(outer);
  home.start_threads();
  home.run_until(state_->main_is_over);
  home.unwind_survivors(state_->policy == leak_policy::report);
  home.stop_threads();
}

}  // namespace detail
}  // namespace leash
