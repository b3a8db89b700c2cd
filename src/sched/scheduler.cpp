#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <utility>

#include "base/world/gate.hpp"
#include "debug_layout.hpp"
#include "signal_stack.hpp"
#include "worker.hpp"

#include <leash/detail/base/handle.hpp>
#include <leash/detail/sched/cohort.hpp>
#include <leash/detail/sched/promise.hpp>
#include <leash/error.hpp>

namespace leash::detail {

namespace {

// The poller of a runtime that has no I/O: a condition.
class condition_poller final : public poller {
 public:
  void wait(clock_time deadline) override {
    const idle_here idle;
    std::unique_lock guard(lock_);
    const auto woken = [this] { return woken_; };
    if (deadline == clock_time::max())
      changed_.wait(guard, woken);
    else
      changed_.wait_until(guard, deadline, woken);
    woken_ = false;
  }
  void poll() override {}
  void wake() noexcept override {
    {
      const std::lock_guard guard(lock_);
      woken_ = true;
    }
    changed_.notify_one();
  }

 private:
  std::mutex lock_;
  std::condition_variable changed_;
  bool woken_ = false;
};

// Virtual time starts at a fixed instant, so that runs are alike.
constexpr std::int64_t virtual_epoch = 1'000'000'000'000'000'000;

// Operations that are done without a suspension before others get their turn.
constexpr std::uint8_t usual_slice = 128;

std::atomic<std::uint64_t> next_number{1};

std::mutex schedulers_lock;
std::vector<scheduler*>& schedulers() {
  static auto& all = *new std::vector<scheduler*>;
  return all;
}

}  // namespace

leak_policy policy_in(const scheduler* home) noexcept {
  const std::lock_guard guard(schedulers_lock);
  for (const scheduler* each : schedulers())
    if (each == home) return each->policy.load(std::memory_order_relaxed);
  return leak_policy::off;
}

std::vector<const goroutine*> mains() {
  const std::lock_guard guard(schedulers_lock);
  std::vector<const goroutine*> all;
  for (const scheduler* each : schedulers())
    if (const goroutine* main = each->main.load(std::memory_order_acquire)) all.push_back(main);
  return all;
}

std::int64_t live_goroutines() noexcept {
  const std::lock_guard guard(schedulers_lock);
  std::int64_t sum = 0;
  for (const scheduler* each : schedulers())
    if (!each->hidden) sum += each->live();
  return sum;
}

scheduler::scheduler(std::uint32_t processors, bool virtual_time,
                     std::chrono::milliseconds patience, bool hidden)
    : scheduler(processors, virtual_time, patience, hidden, usual_slice) {}

scheduler::scheduler(explored) : scheduler(1, true, std::chrono::milliseconds(0), false, 1) {}

scheduler::scheduler(std::uint32_t processors, bool virtual_time,
                     std::chrono::milliseconds patience, bool hidden, std::uint8_t slice)
    : virtual_time(virtual_time),
      hidden(hidden),
      is_explored(slice != usual_slice),
      slice(slice),
      made_in_cohort(hidden ? 0 : keep_cohort(cohort_here())),
      number(next_number.fetch_add(1, std::memory_order_relaxed)),
      owned_events(std::make_unique<condition_poller>()),
      next_ids(hidden ? first_hidden_id : 1),
      patience_(virtual_time ? patience.zero() : patience) {
  set_judge_of_use(judge_use);
  set_drop_watcher(note_drop);
  publish_debug_layout(*this);
  virtual_now_.store(virtual_epoch, std::memory_order_relaxed);
  events.store(owned_events.get(), std::memory_order_release);
  for (std::uint32_t i = 0; i < processors; ++i)
    workers.push_back(std::make_unique<worker>(*this, i));
  const std::lock_guard guard(schedulers_lock);
  schedulers().push_back(this);
}

scheduler::~scheduler() {
  stop_threads();
  {
    const std::lock_guard guard(schedulers_lock);
    std::erase(schedulers(), this);
  }
  // Acquire: pairs with the release of a visitor that leaves.
  while (visitors_.load(std::memory_order_acquire) != 0) std::this_thread::yield();
  let_go_of_cohort(made_in_cohort);
}

bool scheduler::enter() noexcept {
  // Against unwind_survivors, which closes and then looks for visitors: all seq_cst, so one sees the other.
  visitors_.fetch_add(1, std::memory_order_seq_cst);
  if (!closed_.load(std::memory_order_seq_cst)) return true;
  leave();
  return false;
}

void scheduler::leave() noexcept { visitors_.fetch_sub(1, std::memory_order_seq_cst); }

std::uint64_t number_of(const scheduler& home) noexcept { return home.number; }

start_if_running::start_if_running(std::uint64_t number) noexcept {
  const std::lock_guard guard(schedulers_lock);
  for (scheduler* each : schedulers())
    if (each->number == number && each->enter()) home_ = each;
  if (home_ != nullptr) here_.emplace(*home_);
}

start_if_running::~start_if_running() {
  here_.reset();
  if (home_ != nullptr) home_->leave();
}

std::int64_t scheduler::live() const noexcept {
  // What has ended is read first: an end that is seen implies that its start is seen.
  std::int64_t ended = 0;
  for (const auto& each : workers) ended += each->finished.load(std::memory_order_acquire);
  std::int64_t begun = started_elsewhere.load(std::memory_order_acquire);
  for (const auto& each : workers) begun += each->started.load(std::memory_order_acquire);
  return begun - ended;
}

clock_time scheduler::now() const noexcept {
  if (virtual_time)
    return clock_time(clock_time::duration(virtual_now_.load(std::memory_order_acquire)));
  return std::chrono::steady_clock::now();
}

// After turns_begin(), which has just read the clock.
void scheduler::look_at_clock(worker& self) const noexcept {
  self.present = coarse(virtual_time ? now() : self.turns.began());
  self.signs.present.store(self.present, std::memory_order_relaxed);
}

void scheduler::start_threads() {
  if (patrol_every.count() > 0) patrol_ = std::make_unique<leak_patrol>(*this, patrol_every);
  if (patience_ > patience_.zero()) watchdog_ = std::make_unique<watchdog>(*this, patience_);
  for (std::size_t i = 1; i < workers.size(); ++i) {
    worker& self = *workers[i];
    self.thread = std::thread([this, &self] {
      const signal_stack handlers_run_here;
      set_this_worker(&self);
      loop(self, threads_stop_);
      set_this_worker(nullptr);
    });
  }
}

void scheduler::stop_threads() {
  threads_stop_.store(true, std::memory_order_seq_cst);
  wake_all();
  for (const auto& each : workers)
    if (each->thread.joinable()) each->thread.join();
  watchdog_.reset();
}

void scheduler::run_until(const std::atomic<bool>& finished) {
  const signal_stack handlers_run_here;
  worker& self = *workers.front();
  worker* outer = this_worker();
  set_this_worker(&self);
  loop(self, finished);
  set_this_worker(outer);
}

void scheduler::loop(worker& self, const std::atomic<bool>& finished) {
  know_this_thread();
  const resting_place here;
  self.signs.thread.store(gettid(), std::memory_order_relaxed);
  self.turns.turns_begin();
  look_at_clock(self);
  while (!finished.load(std::memory_order_seq_cst)) {
    pass_gate();
    if (stopping.load(std::memory_order_relaxed) && self.number == 0 && live() == 0) return;
    if (goroutine* next = find_work(self)) {
      if (self.searches) stop_searching(self);
      self.turns.count_turn();
      self.run(*next);
    } else {
      sleep(self, finished);
    }
  }
  if (self.searches) stop_searching(self);
  // What this worker leaves in its slot and ring is for the others.
  while (goroutine* left = self.take_own()) injected.push(left);
  wake_one();
}

// `left`: how many stand in the ring behind the next turn.
void scheduler::tell_if_it_pays(worker& self, std::uint32_t left) noexcept {
  // What a wake costs both workers together: two system calls, a change of threads, and cold caches.
  constexpr auto cost_of_a_wake = std::chrono::microseconds(50);
  if (self.turns.of(left) < cost_of_a_wake) return;
  self.untold.store(false, std::memory_order_seq_cst);
  wake_one();
}

// Tells before it takes: who is woken may get this worker's processor, and then what it has taken would wait.
goroutine* scheduler::take_own(worker& self) noexcept {
  if (self.untold.load(std::memory_order_relaxed)) {
    const bool slot_is_next = self.slot.load(std::memory_order_relaxed) != nullptr;
    const std::uint32_t all = self.ring.size();
    tell_if_it_pays(self, all == 0 || slot_is_next ? all : all - 1);
  }
  return self.take_own();
}

bool scheduler::fire_due(worker& self) noexcept {
  bool fired = false;
  const auto fire = [&](worker& owner) {
    if (owner.timers.earliest() == clock_time::max()) return;
    const clock_time until = now();
    for (timer_entry due{}; owner.timers.take_due(until, due); fired = true)
      due.action(due.target.get(), due.stamp, due.detail);
  };
  fire(self);
  for (const auto& each : workers)
    if (each.get() != &self) fire(*each);
  return fired;
}

bool scheduler::poll_events(worker& self) noexcept {
  self.turns.turns_end();
  if (polling_.exchange(true, std::memory_order_acquire)) {
    self.turns.turns_begin();
    return false;
  }
  events.load(std::memory_order_acquire)->poll();
  self.turns.turns_begin();
  polls_.store(polls_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  last_poller_.store(self.number, std::memory_order_relaxed);
  polling_.store(false, std::memory_order_release);
  return true;
}

goroutine* scheduler::steal(worker& self, bool slots) noexcept {
  const auto count = static_cast<std::uint32_t>(workers.size());
  const std::uint32_t first = random_number();
  const bool whatever_there_is = slots || self.searches || self.guards;
  for (std::uint32_t i = 0; i < count; ++i) {
    worker& victim = *workers[(first + i) % count];
    if (&victim == &self) continue;
    if (!whatever_there_is && victim.untold.load(std::memory_order_relaxed)) continue;
    if (goroutine* taken = victim.ring.steal_into(self.ring)) {
      self.untold.store(true, std::memory_order_relaxed);
      tell_if_it_pays(self, self.ring.size());
      return taken;
    }
    if (slots)
      if (goroutine* taken = victim.slot.exchange(nullptr, std::memory_order_acq_rel)) return taken;
  }
  return nullptr;
}

// Whether one of the latest waits may be for what nobody can do.
void scheduler::look_at_waits(worker& self) noexcept {
  ask_from_here([&self] { waits_begun(self.begun); });
  self.begun.count = 0;
  self.waits_seen_at = self.present;
}

goroutine* scheduler::find_work(worker& self) {
  constexpr std::uint32_t fairness = 61;
  if (++self.tick % fairness == 0) {
    fire_due(self);
    poll_events(self);
    look_at_clock(self);
    if (self.waits_are_due()) look_at_waits(self);
    if (goroutine* next = injected.pop()) return next;
  }
  if (goroutine* next = take_own(self)) return next;
  if (fire_due(self))
    if (goroutine* next = take_own(self)) return next;
  if (goroutine* next = injected.pop()) return next;
  if (self.searches) {
    // Others are not woken as long as it searches, and handlers may take their time.
    if (goroutine* next = steal(self, false)) return next;
    stop_searching(self);
  }
  poll_events(self);
  look_at_clock(self);
  if (goroutine* next = take_own(self)) return next;
  return steal(self, false);
}

bool scheduler::work_visible() const noexcept {
  if (!injected.empty()) return true;
  return std::any_of(workers.begin(), workers.end(), [](const auto& each) {
    return !each->ring.empty() && !each->untold.load(std::memory_order_seq_cst);
  });
}

clock_time scheduler::earliest_timer() const noexcept {
  clock_time first = clock_time::max();
  for (const auto& each : workers) first = std::min(first, each->timers.earliest());
  return first;
}

void scheduler::inject(goroutine& item) noexcept {
  injected.push(&item);
  wake_one();
}

void scheduler::inject_from_outside(goroutine& item) noexcept {
  // Relaxed: whoever takes the item out of the queue has seen this.
  visitors_.fetch_add(1, std::memory_order_relaxed);
  inject(item);
  visitors_.fetch_sub(1, std::memory_order_release);
}

clock_time now(const scheduler& home) noexcept { return home.now(); }

bool stopping(const scheduler& home) noexcept {
  return home.stopping.load(std::memory_order_seq_cst);
}

namespace {

void arm(scheduler& home, const timer_entry& entry) {
  touch(common_thing::clock, access::add);
  worker* self = this_worker();
  const bool own = self != nullptr && &self->home == &home;
  worker& holder = own ? *self : *home.workers.front();
  holder.timers.arm(entry);
  home.timer_armed(entry.when);
}

}  // namespace

void arm_timer(scheduler& home, clock_time when, timer_action action, void* target,
               std::uint64_t stamp, std::uint32_t detail) {
  arm(home, {when, 0, action, hidden_pointer(target), stamp, detail});
}

void arm_object_timer(scheduler& home, clock_time when, timer_action action, object& target,
                      std::uint64_t stamp, std::uint32_t detail) {
  arm(home, {when, 0, action, hidden_pointer<void>(&target), stamp, detail, true});
}

void arm_wait_timer(scheduler& home, goroutine& waiter, clock_time when, std::uint64_t word,
                    std::uint32_t outcome) {
  arm_timer(home, when, timer_heap::fire_wait, &waiter, word, outcome);
}

poller& poller_of(scheduler& home, std::unique_ptr<poller> (*make)(scheduler&)) {
  if (home.is_explored)
    throw error(errc::not_explored,
                "real I/O in an exploration or a bubble, where time is virtual: give the code an "
                "in-memory transport there, "
                "see memory_network.hpp");
  const std::lock_guard guard(home.events_lock);
  if (home.io_events == nullptr) {
    home.io_events = make(home);
    poller* before = home.events.exchange(home.io_events.get(), std::memory_order_acq_rel);
    before->wake();
  }
  return *home.io_events;
}

std::uint32_t random_number() noexcept {
  static constinit thread_local std::uint64_t state = 0;
  if (state == 0) {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    state =
        (reinterpret_cast<std::uintptr_t>(&state) ^ static_cast<std::uint64_t>(time.tv_nsec)) | 1;
  }
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return static_cast<std::uint32_t>(state >> 32);
}

}  // namespace leash::detail
