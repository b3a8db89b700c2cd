#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <vector>

#include <leash/detail/base/block_vector.hpp>
#include <leash/detail/base/hidden_pointer.hpp>
#include <leash/detail/base/spin_lock.hpp>
#include <leash/detail/sched/scheduler.hpp>

namespace leash::detail {

struct timer_entry {
  clock_time when;
  std::uint64_t order;  // ties fire in the order they were armed
  timer_action action;
  hidden_pointer<void> target;
  std::uint64_t stamp;
  std::uint32_t detail;
  bool of_object = false;  // the target is an object, and the stamp its generation
};

// The timers of one worker. Cancelling is lazy: a timer whose stamp does not fit does nothing when it
// fires. Waits that end early are the rule (nearly every deadline is cancelled), so when half of the timers
// may be stale they are swept out.
class timer_heap {
 public:
  void arm(timer_entry entry) {
    const std::lock_guard guard(lock_);
    entry.order = ++order_;
    if (heap_.size() >= sweep_at_) sweep();
    heap_.push_back(entry);
    std::push_heap(heap_.begin(), heap_.end(), later);
    publish();
  }

  // Takes the earliest timer that is due; false when there is none.
  bool take_due(clock_time now, timer_entry& due) noexcept {
    if (earliest() > now) return false;
    const std::lock_guard guard(lock_);
    if (heap_.empty() || heap_.front().when > now) return false;
    std::pop_heap(heap_.begin(), heap_.end(), later);
    due = heap_.back();
    heap_.pop_back();
    publish();
    return true;
  }

  // Shows those that are due first, all at the same moment, in the order they were armed; max() when there are none. Those that
  // would do nothing are left out: time need not pass for them.
  clock_time first_ones(std::vector<timer_entry>& into) {
    into.clear();
    const std::lock_guard guard(lock_);
    clock_time first = clock_time::max();
    for (const timer_entry& each : heap_) {
      if (each.when > first || stale(each) || idle(each)) continue;
      if (each.when < first) into.clear();
      first = each.when;
      into.push_back(each);
    }
    std::sort(into.begin(), into.end(),
              [](const timer_entry& a, const timer_entry& b) { return a.order < b.order; });
    return first;
  }
  // Shows those that were armed after the one of this number; returns the number of the last.
  template <class Look>
  std::uint64_t look_at_newer(std::uint64_t than, Look look) {
    const std::lock_guard guard(lock_);
    if (order_ != than)
      for (const timer_entry& each : heap_)
        if (each.order > than) look(each);
    return order_;
  }
  // Takes the one out that was armed as this one.
  void take(const timer_entry& which) noexcept {
    const std::lock_guard guard(lock_);
    std::erase_if(heap_, [&](const timer_entry& each) { return each.order == which.order; });
    std::make_heap(heap_.begin(), heap_.end(), later);
    publish();
  }

  // How many there are, stale ones among them. Any thread.
  std::size_t size() {
    const std::lock_guard guard(lock_);
    return heap_.size();
  }

  // Any thread; max() when there is none.
  clock_time earliest() const noexcept {
    return clock_time(clock_time::duration(earliest_.load(std::memory_order_seq_cst)));
  }

  // The action of goroutine waits.
  static void fire_wait(void* target, std::uint64_t stamp, std::uint32_t outcome) noexcept {
    auto* waiter = static_cast<goroutine*>(target);
    if (!claim(*waiter, stamp)) return;
    waiter->outcome = outcome;
    make_ready(*waiter, false);
  }

 private:
  static bool later(const timer_entry& a, const timer_entry& b) noexcept {
    return a.when != b.when ? a.when > b.when : a.order > b.order;
  }

  static bool stale(const timer_entry& entry) noexcept {
    if (entry.of_object) {
      const auto& target = *static_cast<const object*>(entry.target.get());
      return target.done.load(std::memory_order_relaxed) ||
             target.generation.load(std::memory_order_relaxed) != entry.stamp;
    }
    return entry.action == fire_wait &&
           static_cast<goroutine*>(entry.target.get())->word.load(std::memory_order_relaxed) !=
               entry.stamp;
  }

  // A timer that was stopped; it may be set again, and its entry be used then.
  static bool idle(const timer_entry& entry) noexcept {
    return entry.of_object && static_cast<const object*>(entry.target.get())
                                      ->outside.load(std::memory_order_relaxed) == 0;
  }

  void sweep() {
    std::erase_if(heap_, stale);
    std::make_heap(heap_.begin(), heap_.end(), later);
    sweep_at_ = std::max<std::size_t>(64, heap_.size() * 2);
  }

  void publish() noexcept {
    const clock_time first = heap_.empty() ? clock_time::max() : heap_.front().when;
    earliest_.store(first.time_since_epoch().count(), std::memory_order_seq_cst);
  }

  spin_lock lock_;
  own_vector<timer_entry> heap_;
  std::uint64_t order_ = 0;
  std::size_t sweep_at_ = 64;
  std::atomic<clock_time::rep> earliest_{clock_time::max().time_since_epoch().count()};
};

}  // namespace leash::detail
