#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>

#include <leash/detail/base/stable_pool.hpp>

// Goroutines that belong together, because somebody wants to know when all of them have ended: those of a test.
//
// A goroutine is of the cohort of the one that starts it; one that a plain thread starts, or a timer, is of that thread's
// cohort, see work_for, and else of the one that its runtime was made in.
//
// Invariants
// - A cohort goes by the index of its record, from 1; 0 is none. The record is given back when nobody is counted in it any
//   more: no goroutine, and nobody who keeps its number. So no goroutine is ever taken for one of a later cohort.
// - A goroutine is counted before the one that starts it can end: `members` is 0 only when all have ended. Whoever starts one
//   counts it, and then looks whether it is still of that cohort itself: if so it was counted all the time, and the number was
//   no other's; if not, it takes the count back.
// - Whoever exchanges the number in a goroutine's record for 0 counts it out: its worker when it has ended, or
//   release_members().
// - Something has changed that may matter to who waits for the end of a cohort: one of it has ended, or all workers of a runtime
//   sleep, so that what could run waits now, perhaps for ever. Against waiting: who changes something does, then loads
//   `awaited`, and if it is set adds to `changes`; who waits adds to `awaited`, then loads `changes`, then looks, and then
//   waits until `changes` is another; all seq_cst. Who finds `awaited` set takes the lock before it notifies, so that it
//   does not come between the last comparison and the wait.

namespace leash::detail {

class scheduler;
class goroutine;

// Who wants to know.
class cohort_watcher {
 public:
  // A runtime is about to unwind what is left in it, called by somebody of this cohort. May block: the goroutines of `home` run
  // meanwhile, unless it is `at_rest`: then none of them will do anything more.
  virtual void runtime_ends(const scheduler& home, bool at_rest) noexcept = 0;

 protected:
  ~cohort_watcher() = default;
};

class cohort {
 public:
  static constexpr std::uint64_t one_keeper = std::uint64_t{1} << 32;

  std::uint32_t members() const noexcept {
    return static_cast<std::uint32_t>(counted.load(std::memory_order_seq_cst));
  }

  std::atomic<std::uint64_t> counted{0};  // goroutines, and above them those who keep its number
  std::atomic<std::uint64_t> changes{0};
  std::atomic<std::uint32_t> awaited{0};  // how many wait
  std::mutex lock;
  std::condition_variable changed;
  std::mutex watch_lock;              // held while the watcher is told something
  cohort_watcher* watcher = nullptr;  // guarded by watch_lock
};

using cohort_pool = stable_pool<cohort, std::size_t{1} << 20>;

cohort& cohort_of(std::uint32_t number) noexcept;

// A new one, whose number the caller keeps. Throws std::bad_alloc.
std::uint32_t new_cohort();
// Keeps the number of a cohort that is kept, or has members. 0: nothing.
std::uint32_t keep_cohort(std::uint32_t number) noexcept;
void let_go_of_cohort(std::uint32_t number) noexcept;

// Counts a goroutine that is about to start, and one that has ended. Not for 0. False: nobody is counted in it, so it is none.
bool join_cohort(std::uint32_t number) noexcept;
void leave_cohort(std::uint32_t number) noexcept;

// While it lives, this thread is about to wait for changes in a cohort that is kept.
class awaits_cohort {
 public:
  explicit awaits_cohort(cohort& whose) noexcept;
  awaits_cohort(awaits_cohort&&) = delete;
  ~awaits_cohort();

 private:
  cohort* whose_;
};

// How many cohorts are waited for, each as often as it is.
extern std::atomic<std::uint32_t> awaited_cohorts;
// All workers of a runtime sleep. Called only when `awaited_cohorts` is not 0, to save time.
void tell_cohorts_of_rest() noexcept;

// What the calling goroutine is of, or else the calling thread.
std::uint32_t cohort_here() noexcept;
// What a goroutine is of that this thread starts in `home` while it runs none itself.
std::uint32_t cohort_from_outside(const scheduler& home) noexcept;

// All goroutines but the calling one that are of the cohort now are of none from now on, and so are those that they start.
void release_members(std::uint32_t number) noexcept;

// What this thread works for from now on; returns what it did before.
std::uint32_t change_cohort_of_thread(std::uint32_t number) noexcept;

// While it lives, this thread works for a cohort that is kept. Nests.
class work_for {
 public:
  explicit work_for(std::uint32_t number) noexcept;
  work_for(work_for&&) = delete;
  ~work_for();

 private:
  std::uint32_t outer_;
};

}  // namespace leash::detail
