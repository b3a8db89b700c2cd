#include <algorithm>

#include "worker.hpp"

// How workers sleep. One sleeper waits in the poller, for events and for the earliest timer of all; the
// others wait on a condition.
//
// Invariants
// - Nobody sleeps while there is work to be seen: work is pushed (seq_cst) before `asleep_` is read, and
//   `asleep_` is counted up (seq_cst) before a sleeper looks for work once more.
// - While one worker runs and another sleeps, one sleeper is in the poller, or is on its way there: who
//   gets up and finds work hands the poller on. Otherwise a goroutine that computes would keep events
//   and timers from everybody.
// - Arming a timer against going to sleep in the poller: the sleeper stores max() as its deadline, reads
//   the timers, then stores the real deadline; the other publishes its timer, then reads the deadline
//   (all seq_cst), and ends the wait if its timer is earlier.
// - While one worker runs, the one in the poller looks at the others every `longest_blind`, because what
//   a worker makes ready stands in its slot and wakes nobody. A wait without that bound is announced by
//   `unbounded_` (seq_cst) before `asleep_` is read again; who gets up counts `asleep_` down before it
//   reads `unbounded_`, and ends such a wait.

namespace leash::detail {

bool scheduler::all_is_over() const noexcept {
  return stopping.load(std::memory_order_seq_cst) && live() == 0;
}

bool scheduler::nothing_to_sleep_for(const std::atomic<bool>& finished) const noexcept {
  return work_visible() || finished.load(std::memory_order_seq_cst) || all_is_over();
}

void scheduler::sleep(worker& self, const std::atomic<bool>& finished) {
  asleep_.fetch_add(1, std::memory_order_seq_cst);
  // Of two goroutines that end last, at the same time, neither may have seen the other's count, nor that
  // the runtime stops. The later of their workers to be counted as asleep sees both.
  if (all_is_over()) wake_all();
  bool look_at_others = false;
  if (!nothing_to_sleep_for(finished)) {
    if (!polling_.exchange(true, std::memory_order_acquire)) {
      look_at_others = sleep_in_poller(finished);
    } else {
      // The last to lie down lets the one in the poller see that virtual time can go on.
      if (virtual_time && asleep_.load(std::memory_order_seq_cst) == workers.size())
        events.load(std::memory_order_acquire)->wake();
      sleep_on_condition(finished);
    }
  }
  asleep_.fetch_sub(1, std::memory_order_seq_cst);
  if (watchdog_) watchdog_->stir();
  if (unbounded_.load(std::memory_order_seq_cst)) events.load(std::memory_order_acquire)->wake();
  if (look_at_others)
    if (goroutine* held = steal(self, true)) self.push(*held, true);
}

// Holds polling_ and releases it. True: it may have overslept what stands in the others' slots.
bool scheduler::sleep_in_poller(const std::atomic<bool>& finished) {
  constexpr auto longest_blind = std::chrono::milliseconds(10);
  {
    const std::lock_guard guard(sleep_lock_);
    poller_waits_ = true;
  }
  unbounded_.store(true, std::memory_order_seq_cst);
  const auto publish = [this](clock_time until) {
    poller_deadline_.store(until.time_since_epoch().count(), std::memory_order_seq_cst);
  };
  publish(clock_time::max());
  const bool all_asleep = asleep_.load(std::memory_order_seq_cst) == workers.size();
  clock_time deadline = earliest_timer();
  if (virtual_time && all_asleep && deadline != clock_time::max() &&
      !time_stands.load(std::memory_order_acquire)) {
    // Everybody waits: time jumps to the next timer.
    if (deadline > now())
      virtual_now_.store(deadline.time_since_epoch().count(), std::memory_order_release);
  } else {
    if (virtual_time) deadline = clock_time::max();
    if (!all_asleep) {
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
  }
  polling_.store(false, std::memory_order_release);
  return !all_asleep;
}

void scheduler::sleep_on_condition(const std::atomic<bool>& finished) {
  std::unique_lock guard(sleep_lock_);
  // Somebody only looks into the poller and is out again at once: nobody would wait there.
  if (!poller_waits_) return;
  ++condition_sleepers_;
  sleepers_.wait(guard, [&] { return wakeups_ > 0 || nothing_to_sleep_for(finished); });
  --condition_sleepers_;
  if (wakeups_ > 0) --wakeups_;
}

// Under sleep_lock_. True: somebody on the condition is to be notified.
bool scheduler::grant_wakeup() noexcept {
  if (wakeups_ >= condition_sleepers_) return false;
  ++wakeups_;
  return true;
}

void scheduler::hand_poller_on() noexcept {
  if (asleep_.load(std::memory_order_seq_cst) == 0) return;
  bool granted = false;
  {
    const std::lock_guard guard(sleep_lock_);
    granted = !poller_waits_ && grant_wakeup();
  }
  if (granted) sleepers_.notify_one();
}

void scheduler::wake_one() noexcept {
  if (asleep_.load(std::memory_order_seq_cst) == 0) return;
  bool granted = false;
  {
    const std::lock_guard guard(sleep_lock_);
    granted = grant_wakeup();
  }
  if (granted)
    sleepers_.notify_one();
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
    wakeups_ = condition_sleepers_;
  }
  sleepers_.notify_all();
  events.load(std::memory_order_acquire)->wake();
}

}  // namespace leash::detail
