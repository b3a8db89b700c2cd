#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <source_location>
#include <thread>
#include <vector>

#include "deadlock_watch.hpp"
#include "drop_watch.hpp"
#include "leak_patrol.hpp"
#include "run_queue.hpp"
#include "run_watch.hpp"
#include "timer_heap.hpp"
#include "turn_estimate.hpp"
#include "watchdog.hpp"
#include "worker_signs.hpp"

#include <leash/detail/base/exposure.hpp>
#include <leash/detail/sched/scheduler.hpp>
#include <leash/runtime.hpp>

// The scheduler: M goroutines on N workers, with work stealing. Its shape is Go's (runtime/proc.go) and
// tokio's (runtime/scheduler/multi_thread).
//
// A worker takes, in this order: the slot (what it made ready last), its ring, due timers, the
// injection queue, the poller, other workers' rings. Every 61st turn it looks at timers, injection
// queue and poller first, so that nobody starves.
//
// Invariants
// - Whoever makes work visible (seq_cst) then looks whether somebody sleeps and nobody searches; whoever
//   goes to sleep is counted as asleep (seq_cst) and then looks for work once more. So work and sleeper
//   never miss each other.
// - What a worker pushes into its ring is its own to run until it tells others (`untold`). Before every turn it
//   decides whether to: when what is left in the ring is likely to take it longer than to wake somebody. Until
//   then who is idle lets it be and goes to sleep; who was woken to search, or finds the poller left alone, or
//   looks at the others from the poller, takes it all the same. So what stands behind a turn that is unexpectedly
//   long waits for some milliseconds at most.
// - At most one worker is inside the poller; it alone waits for timers, with the earliest of all. How
//   workers sleep, wake and see to the poller: parking.cpp.
// - A goroutine is in at most one queue, and only while its word says `claimed`.

namespace leash::detail {

// The tasks that an exception has passed through on its way up, innermost first. A goroutine does that
// without a suspension; the exception is held until then, so that it cannot be taken for a later one.
struct exception_trace {
  std::exception_ptr exception;
  const promise_base* awaiting = nullptr;  // whom it reaches next, unless it is caught
  std::vector<std::source_location> passed;
};

class worker {
 public:
  worker(scheduler& home, std::uint32_t number);
  worker(worker&&) = delete;
  ~worker();

  void push(goroutine& item, bool soon) noexcept;
  goroutine* take_own() noexcept;
  void run(goroutine& next) noexcept;
  // It has not slept for a while, when it would have looked at the waits that began; so that looking takes a small part
  // of the time.
  bool waits_are_due() const noexcept {
    constexpr std::uint32_t turns = 16 * 61;  // on virtual time, which may stand
    if (begun.count == 0) return false;
    return signs.virtual_time.load(std::memory_order_relaxed) ? tick % turns == 0
                                                              : present != waits_seen_at;
  }

  scheduler& home;
  const std::uint32_t number;
  goroutine* current = nullptr;
  goroutine* ended = nullptr;            // its root frame has returned
  std::coroutine_handle<> continuation;  // a transfer that the compiler cannot jump
  std::atomic<goroutine*> slot{nullptr};
  run_ring ring;
  timer_heap timers;
  std::uint32_t tick = 0;
  std::uint32_t slot_streak = 0;
  // Something was put into the ring, and no sleeper was woken for it. Written by this worker: set relaxed, for who
  // misses it only takes what it may take; cleared before sleepers are looked for (seq_cst), who are counted and
  // then read it.
  std::atomic<bool> untold{false};
  bool searches = false;  // it was woken to find work; see wake_one()
  bool guards = false;    // it found the poller left alone, and sees to it; see parking.cpp
  drop_list dropped;
  wait_list begun;
  coarse_time waits_seen_at = 0;  // when it last looked at them, as `present` says it
  turn_estimate turns;
  coarse_time present = 0;  // how late it is, as of the last look at the clock
  exception_trace trace;
  worker_signs& signs;
  std::uint64_t next_id = 0;
  std::uint64_t last_id = 0;
  std::atomic<std::int64_t> started{0};  // written by this worker only
  std::atomic<std::int64_t> finished{0};
  std::thread thread;
};

class scheduler {
 public:
  // `patience`: how long a goroutine may hold its worker before that is reported; zero: for ever.
  // `hidden`: its goroutines are no part of the program, see runtime_options.
  scheduler(std::uint32_t processors, bool virtual_time, std::chrono::milliseconds patience,
            bool hidden = false);
  // One worker, on virtual time, whose goroutines give way after each operation; see src/testing/explore.
  struct explored {};
  explicit scheduler(explored);
  ~scheduler();

  // Runs worker 0 on this thread until `finished` is set; the other workers run on threads of theirs.
  void run_until(const std::atomic<bool>& finished);
  void start_threads();
  // Main has returned: gives the goroutines that are of this thread's cohort, and would end by themselves, time to, if the
  // cohort is watched. On the thread of worker 0, which runs them; or, with `others_run`, on one that the workers need not.
  void see_off_cohort(bool others_run);
  // Claims every goroutine that is left, says so if asked, then lets them be unwound; returns when none
  // is left.
  void unwind_survivors(bool say);
  // While survivors are being claimed: keeps a goroutine that is to be unwound until all are. False: not
  // now, unwind it.
  bool set_aside(goroutine& doomed) noexcept;
  void stop_threads();

  void inject(goroutine& item) noexcept;
  // The same from a thread that is no worker: once the goroutine can run, nothing else keeps run() from
  // returning and the scheduler from going away before the sleeper is woken.
  void inject_from_outside(goroutine& item) noexcept;
  // Keeps the scheduler, and its run() from returning, until leave(). False: it is about to go. Requires the
  // lock of the list of all schedulers.
  bool enter() noexcept;
  void leave() noexcept;
  // Gets a sleeper up to look for work, unless one is on its way.
  void wake_one() noexcept;
  void wake_all() noexcept;
  // After a timer was armed: who waits in the poller may have to get up earlier.
  void timer_armed(clock_time when) noexcept;
  clock_time now() const noexcept;
  // On virtual time, for who lets it pass.
  void set_time(clock_time present) noexcept {
    virtual_now_.store(present.time_since_epoch().count(), std::memory_order_release);
  }
  std::int64_t live() const noexcept;
  bool all_asleep() const noexcept {
    return asleep_.load(std::memory_order_seq_cst) == workers.size();
  }

  const bool virtual_time;
  const bool hidden;
  const bool is_explored = false;
  const std::uint8_t slice;            // how many operations a goroutine does without giving way
  const std::uint32_t made_in_cohort;  // kept as long as this
  std::atomic<leak_policy> policy{leak_policy::off};
  // What run() runs, until it has ended; null in a runtime that is embedded.
  std::atomic<const goroutine*> main{nullptr};
  std::chrono::milliseconds patrol_every{0};  // set before threads are started
  const std::uint64_t number;                 // no other one of this process has, or had, the same
  std::atomic<bool> stopping{false};
  // Main has returned, and virtual time does not go on before all that are left have been claimed.
  std::atomic<bool> time_stands{false};
  // On time that stands everybody sleeps: nothing more will happen.
  std::atomic<bool> at_rest{false};
  std::vector<std::unique_ptr<worker>> workers;
  injection_queue injected;
  std::atomic<poller*> events{nullptr};
  std::mutex events_lock;
  std::unique_ptr<poller> owned_events;
  std::unique_ptr<poller> io_events;  // guarded by events_lock until set
  std::atomic<std::uint64_t> next_ids;
  std::atomic<std::int64_t> started_elsewhere{0};  // by threads that are no worker of this runtime

 private:
  friend class worker;
  scheduler(std::uint32_t processors, bool virtual_time, std::chrono::milliseconds patience,
            bool hidden, std::uint8_t slice);
  void loop(worker& self, const std::atomic<bool>& finished);
  goroutine* find_work(worker& self);
  void look_at_waits(worker& self) noexcept;
  bool fire_due(worker& self) noexcept;
  bool poll_events(worker& self) noexcept;
  void look_at_clock(worker& self) const noexcept;
  goroutine* steal(worker& self, bool slots) noexcept;
  void tell_if_it_pays(worker& self, std::uint32_t left) noexcept;
  goroutine* take_own(worker& self) noexcept;

  // parking.cpp
  void sleep(worker& self, const std::atomic<bool>& finished);
  bool sleep_in_poller(worker& self, const std::atomic<bool>& finished);
  clock_time look_for_deadlock() noexcept;
  void sleep_on_condition(worker& self, const std::atomic<bool>& finished);
  template <class Predicate>
  bool stand_by(std::unique_lock<std::mutex>& guard, Predicate get_up);
  bool sees_to_poller(worker& self) const noexcept;
  bool nothing_to_sleep_for(const std::atomic<bool>& finished) const noexcept;
  bool all_is_over() const noexcept;
  void take_grant(worker& self) noexcept;
  void stop_searching(worker& self) noexcept;
  void rouse_deputy() noexcept;

  bool work_visible() const noexcept;
  clock_time earliest_timer() const noexcept;

  // Threads inside inject_from_outside(), or between enter() and leave().
  std::atomic<std::uint32_t> visitors_{0};
  std::atomic<bool> closed_{false};  // to those who would enter()
  std::atomic<std::uint32_t> asleep_{0};
  std::atomic<bool> polling_{false};
  // Written by who holds polling_; hints, so relaxed: how often and by whom the poller was looked at.
  std::atomic<std::uint64_t> polls_{0};
  std::atomic<std::uint32_t> last_poller_{0};
  std::atomic<bool> searching_{false};  // a worker that wake_one() got up has not found work yet
  std::atomic<bool> claiming_{false};   // written under claiming_lock_
  spin_lock claiming_lock_;
  goroutine* set_aside_ = nullptr;  // guarded by claiming_lock_
  std::atomic<std::int64_t> virtual_now_{0};
  std::atomic<bool> threads_stop_{false};
  std::mutex sleep_lock_;
  std::condition_variable sleepers_;
  std::condition_variable deputy_;
  // Guarded by sleep_lock_: who sleeps where, and whom they are called by.
  std::uint32_t plain_sleepers_ = 0;  // on sleepers_
  bool deputy_stands_by_ = false;     // one on deputy_
  bool poller_waits_ = false;
  bool granted_ = false;     // one of them is to get up and search; the first that gets up is it
  std::uint64_t calls_ = 0;  // how often all were to get up
  std::atomic<bool> drowsing_{false};  // the deputy waits without a bound
  // Until when the one in the poller sleeps; min() when nobody does.
  std::atomic<clock_time::rep> poller_deadline_{clock_time::min().time_since_epoch().count()};
  const run_watch watched_;
  const std::chrono::milliseconds patience_;
  deadlock_watch deadlocks_;             // used by who holds polling_
  std::unique_ptr<watchdog> watchdog_;   // from start_threads to stop_threads
  std::unique_ptr<leak_patrol> patrol_;  // from start_threads until survivors are unwound
  std::atomic<bool> unbounded_{false};   // the wait in the poller has no bound of its own
};

worker* this_worker() noexcept;
void set_this_worker(worker* self) noexcept;

// The policy of a runtime that may end meanwhile; off when it has.
leak_policy policy_in(const scheduler* home) noexcept;
// What each of the runtimes that run() began runs.
std::vector<const goroutine*> mains();

// Whether the running code may use what is in the block.
use judge_use(const block_header& block) noexcept;

// All goroutines of all runtimes of this process but the hidden ones.
std::int64_t live_goroutines() noexcept;

}  // namespace leash::detail
