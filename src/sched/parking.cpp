#include <algorithm>

#include "base/world/gate.hpp"
#include "worker.hpp"

#include <leash/detail/sched/cohort.hpp>

// How workers sleep and wake. One sleeper waits in the poller, for events and for the earliest timer of all;
// the others wait on conditions.
//
// To wake a sleeper costs as much as several short goroutines, and so does moving the poller from one worker to
// another. So a worker that leaves the poller with work keeps it: it runs what it made ready and comes back.
// One of the sleepers, the deputy, looks every now and then whether it does come back, and else takes the poller
// over (`guards`) until somebody else has been there. It looks after 1 ms, and each time that all is well it
// waits twice as long, up to 4 ms: its timer is the dearest part of a service that runs on one worker.
//
//             lies down: all sleep, or it guards                     lies down: others run
//   [poller] <---------------------------------- runs goroutines ----------------------------> [deputy]
//      |          an event, a timer, wake_one()         ^    ^    wake_one(); poller left alone    |
//      +------------------------------------------------+    +-------------------------------------+
//
// Invariants
// - Nobody sleeps while there is work to be seen: work is pushed, or told of (`untold` cleared), before `asleep_` is
//   read, and `asleep_` is counted up before a sleeper looks for work once more (all seq_cst). Work in a ring that
//   is untold is not to be seen: its worker is awake, and is about to run it or to tell.
// - wake_one() does nothing while a worker that it woke before still searches (`searching_`): that one will find
//   the work, or, having stopped to search (seq_cst), look for work once more, before it sleeps or runs
//   anything, and call wake_one() itself for what it leaves.
// - While workers run and others sleep, one of the sleepers is in the poller, or is the deputy. Who gets up and
//   leaves plain sleepers without a deputy calls one of them to be it; that one does so too if it gets up instead.
// - When all sleep, one of them is in the poller: the last to be counted in `asleep_` sees that all are, and
//   either gets the poller or finds another sleeper in it, because who is awake holds it no more.
// - When all have slept for longer than `longest_alone`, the deputy waits without a bound. It says so (`drowsing_`,
//   seq_cst) and reads `asleep_` again; who gets up counts `asleep_` down, then reads `drowsing_`, and rouses it.
// - Arming a timer against going to sleep in the poller: the sleeper stores max() as its deadline, reads
//   the timers, then stores the real deadline; the other publishes its timer, then reads the deadline
//   (all seq_cst), and ends the wait if its timer is earlier.
// - While one worker runs, the one in the poller looks at the others every `longest_blind`, because what
//   a worker makes ready stands in its slot and wakes nobody. A wait without that bound is announced by
//   `unbounded_` (seq_cst) before `asleep_` is read again; who gets up counts `asleep_` down before it
//   reads `unbounded_`, and ends such a wait.

namespace leash::detail {
namespace {

constexpr auto first_look = std::chrono::milliseconds(1);
constexpr auto longest_alone = std::chrono::milliseconds(4);
constexpr auto longest_blind = std::chrono::milliseconds(10);

}  // namespace

bool scheduler::all_is_over() const noexcept {
  return stopping.load(std::memory_order_seq_cst) && live() == 0;
}

bool scheduler::nothing_to_sleep_for(const std::atomic<bool>& finished) const noexcept {
  return work_visible() || finished.load(std::memory_order_seq_cst) || all_is_over();
}

// Whether it is to sleep in the poller; else others run that will look into it.
bool scheduler::sees_to_poller(worker& self) const noexcept {
  if (last_poller_.load(std::memory_order_relaxed) != self.number) self.guards = false;
  return self.guards || all_asleep();
}

void scheduler::sleep(worker& self, const std::atomic<bool>& finished) {
  if (self.begun.count != 0) look_at_waits(self);
  asleep_.fetch_add(1, std::memory_order_seq_cst);
  if (awaited_cohorts.load(std::memory_order_seq_cst) != 0 && all_asleep()) [[unlikely]]
    tell_cohorts_of_rest();
  // Of two goroutines that end last, at the same time, neither may have seen the other's count, nor that
  // the runtime stops. The later of their workers to be counted as asleep sees both.
  if (all_is_over()) wake_all();
  bool look_at_others = false;
  if (!nothing_to_sleep_for(finished)) {
    if (sees_to_poller(self) && !polling_.exchange(true, std::memory_order_acquire)) {
      look_at_others = sleep_in_poller(self, finished);
    } else {
      // The last to lie down lets the one in the poller see that virtual time can go on.
      if (virtual_time && all_asleep()) events.load(std::memory_order_acquire)->wake();
      sleep_on_condition(self, finished);
    }
  }
  asleep_.fetch_sub(1, std::memory_order_seq_cst);
  self.turns.turns_begin();
  look_at_clock(self);
  if (watchdog_) watchdog_->stir();
  if (unbounded_.load(std::memory_order_seq_cst)) events.load(std::memory_order_acquire)->wake();
  if (drowsing_.load(std::memory_order_seq_cst)) rouse_deputy();
  if (look_at_others)
    if (goroutine* held = steal(self, true)) self.push(*held, true);
}

// Holds polling_ and releases it. True: it may have overslept what stands in the others' slots.
bool scheduler::sleep_in_poller(worker& self, const std::atomic<bool>& finished) {
  {
    const std::lock_guard guard(sleep_lock_);
    poller_waits_ = true;
  }
  unbounded_.store(true, std::memory_order_seq_cst);
  const auto publish = [this](clock_time until) {
    poller_deadline_.store(until.time_since_epoch().count(), std::memory_order_seq_cst);
  };
  publish(clock_time::max());
  const bool all_are = all_asleep();
  clock_time deadline = earliest_timer();
  if (virtual_time && all_are && deadline != clock_time::max() &&
      !time_stands.load(std::memory_order_acquire)) {
    // Everybody waits: time jumps to the next timer.
    if (deadline > now())
      virtual_now_.store(deadline.time_since_epoch().count(), std::memory_order_release);
  } else {
    if (virtual_time && all_are && !work_visible() && time_stands.load(std::memory_order_acquire) &&
        !at_rest.exchange(true, std::memory_order_seq_cst))
      wake_all();
    // With no timer set, only somebody outside could let main go on, if it can go on at all.
    if (all_are && deadline == clock_time::max())
      deadline = look_for_deadlock();
    else if (virtual_time)
      deadline = clock_time::max();
    if (!all_are) {
      unbounded_.store(false, std::memory_order_relaxed);
      deadline = std::min(deadline, std::chrono::steady_clock::now() + longest_blind);
    }
    publish(deadline);
    if (!nothing_to_sleep_for(finished)) events.load(std::memory_order_acquire)->wait(deadline);
  }
  publish(clock_time::min());
  unbounded_.store(false, std::memory_order_relaxed);
  {
    const std::lock_guard guard(sleep_lock_);
    poller_waits_ = false;
    take_grant(self);
  }
  polls_.store(polls_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  last_poller_.store(self.number, std::memory_order_relaxed);
  polling_.store(false, std::memory_order_release);
  return !all_are;
}

// It is idle meanwhile: what the last turn has left on the stack is nobody's.
clock_time scheduler::look_for_deadlock() noexcept {
  const idle_here idle;
  clear_stack_below();
  return deadlocks_.look(*this);
}

void scheduler::sleep_on_condition(worker& self, const std::atomic<bool>& finished) {
  const idle_here idle;
  std::unique_lock guard(sleep_lock_);
  const std::uint64_t called = calls_;
  const auto get_up = [&] {
    return granted_ || calls_ != called || nothing_to_sleep_for(finished);
  };
  bool left_alone = false;
  while (!left_alone && !get_up()) {
    if (deputy_stands_by_) {
      ++plain_sleepers_;
      sleepers_.wait(guard);
      --plain_sleepers_;
    } else {
      deputy_stands_by_ = true;
      left_alone = stand_by(guard, get_up);
      deputy_stands_by_ = false;
    }
  }
  // It was the deputy, or was called to become it, and gets up instead.
  if (!deputy_stands_by_ && plain_sleepers_ > 0) sleepers_.notify_one();
  self.guards = left_alone;
  if (left_alone) self.turns.expect_long();
  take_grant(self);
}

// The deputy's watch. True: nobody has looked into the poller for a while.
template <class Predicate>
bool scheduler::stand_by(std::unique_lock<std::mutex>& guard, Predicate get_up) {
  std::uint64_t seen = polls_.load(std::memory_order_relaxed);
  auto look_after = first_look;
  while (!get_up()) {
    const std::cv_status ended = deputy_.wait_for(guard, look_after);
    const std::uint64_t polls = polls_.load(std::memory_order_relaxed);
    if (ended == std::cv_status::no_timeout) continue;
    if (std::exchange(seen, polls) != polls) {
      look_after = std::min(2 * look_after, longest_alone);
      continue;
    }
    if (!polling_.load(std::memory_order_relaxed) && !get_up()) return true;
    if (!all_asleep()) continue;
    drowsing_.store(true, std::memory_order_seq_cst);
    if (all_asleep())
      deputy_.wait(guard, [&] { return !drowsing_.load(std::memory_order_relaxed) || get_up(); });
    drowsing_.store(false, std::memory_order_relaxed);
  }
  return false;
}

void scheduler::rouse_deputy() noexcept {
  {
    const std::lock_guard guard(sleep_lock_);
    drowsing_.store(false, std::memory_order_relaxed);
  }
  deputy_.notify_one();
}

// Under sleep_lock_, by who gets up. It was woken because that pays, so what it finds is for others, too.
void scheduler::take_grant(worker& self) noexcept {
  if (!std::exchange(granted_, false)) return;
  self.searches = true;
  self.turns.expect_long();
}

void scheduler::stop_searching(worker& self) noexcept {
  self.searches = false;
  searching_.store(false, std::memory_order_seq_cst);
  if (work_visible()) wake_one();
}

void scheduler::wake_one() noexcept {
  if (asleep_.load(std::memory_order_seq_cst) == 0) return;
  if (searching_.load(std::memory_order_seq_cst) ||
      searching_.exchange(true, std::memory_order_seq_cst))
    return;
  std::condition_variable* place = nullptr;
  {
    const std::lock_guard guard(sleep_lock_);
    // Who waits in the poller without a bound has to get up in any case.
    const bool poller_first = poller_waits_ && unbounded_.load(std::memory_order_relaxed);
    if (!poller_first && plain_sleepers_ > 0)
      place = &sleepers_;
    else if (!poller_first && deputy_stands_by_)
      place = &deputy_;
    granted_ = place != nullptr || poller_waits_;
    // Nobody: who is about to lie down takes the lock after this, and looks for work then. Here, so that
    // nobody lies down in between who is not woken for this one's sake.
    if (!granted_) searching_.store(false, std::memory_order_seq_cst);
    if (!granted_) return;
  }
  if (place != nullptr)
    place->notify_one();
  else
    events.load(std::memory_order_acquire)->wake();
}

void scheduler::timer_armed(clock_time when) noexcept {
  if (when.time_since_epoch().count() < poller_deadline_.load(std::memory_order_seq_cst))
    events.load(std::memory_order_acquire)->wake();
}

void scheduler::wake_all() noexcept {
  {
    const std::lock_guard guard(sleep_lock_);
    ++calls_;
    drowsing_.store(false, std::memory_order_relaxed);
  }
  sleepers_.notify_all();
  deputy_.notify_all();
  events.load(std::memory_order_acquire)->wake();
}

}  // namespace leash::detail
