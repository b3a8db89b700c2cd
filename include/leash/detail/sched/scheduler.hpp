#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include <leash/detail/sched/goroutine.hpp>

// What the floors above need of the scheduler: see src/sched/worker.hpp for how it works.

namespace leash::detail {

using clock_time = std::chrono::steady_clock::time_point;

// Where the parked workers of a runtime wait for events. At most one worker at a time is inside wait()
// or poll(). The default waits on a condition; floor 6 brings one on Boost.Asio.
class poller {
 public:
  virtual ~poller() = default;
  // Runs the handlers of events until at least one ran, wake() was called, or the deadline passed.
  virtual void wait(clock_time deadline) = 0;
  // Runs what is ready, without waiting.
  virtual void poll() = 0;
  // Ends the current wait, or the next one. Any thread.
  virtual void wake() noexcept = 0;
};

// What a timer does when its time has come: claims with the stamp it was armed with. A timer that came
// too late finds a stamp that does not fit and does nothing, so cancelling one is to forget it.
using timer_action = void (*)(void* target, std::uint64_t stamp, std::uint32_t detail) noexcept;

// The goroutine that runs on this thread; null outside workers.
goroutine* current_goroutine() noexcept;

// The scheduler of this thread's worker; throws errc::no_runtime outside workers.
scheduler& current_scheduler();

// While it lives, goroutines that this thread starts belong to `home`, whatever this thread is.
class start_in {
 public:
  explicit start_in(scheduler& home) noexcept;
  start_in(start_in&&) = delete;
  ~start_in();

 private:
  scheduler* outer_;
};

// Names a scheduler that may be gone by the time when it is needed.
std::uint64_t number_of(const scheduler& home) noexcept;

// As start_in, for a scheduler that may be gone, or about to go: then it is false, and nothing may be started.
// Short-lived: the end of that runtime waits for it. Any thread.
class start_if_running {
 public:
  explicit start_if_running(std::uint64_t number) noexcept;
  start_if_running(start_if_running&&) = delete;
  ~start_if_running();
  explicit operator bool() const noexcept { return home_ != nullptr; }

 private:
  scheduler* home_ = nullptr;
  std::optional<start_in> here_;
};

// While it lives, this thread, which runs no goroutines, does something for one that waits for that: it may use
// what that one may use.
class stand_in {
 public:
  explicit stand_in(const goroutine& waiting) noexcept;
  stand_in(stand_in&&) = delete;
  ~stand_in();
};

// Whether this thread runs goroutines, now or else.
bool on_worker() noexcept;

// Makes a claimed goroutine runnable. `soon`: next on this worker, before what is queued. Any thread.
void make_ready(goroutine& claimed, bool soon = true) noexcept;

// The rule `cancel_only_enqueues` broken: unwinds a claimed goroutine here and now.
void unwind_at_once(goroutine& claimed) noexcept;

// Puts the running goroutine behind all others; the caller suspends.
void yield_current(goroutine& self) noexcept;

// Arms a timer on this thread's worker, or on any worker of `home` from another thread.
void arm_timer(scheduler& home, clock_time when, timer_action action, void* target,
               std::uint64_t stamp, std::uint32_t detail = 0);
// The same for an object in the generation `stamp`. It may be forgotten when that is done or gone.
void arm_object_timer(scheduler& home, clock_time when, timer_action action, object& target,
                      std::uint64_t stamp, std::uint32_t detail = 0);
// A timer that ends the wait that `waiter` parked with `word`, with `outcome`.
void arm_wait_timer(scheduler& home, goroutine& waiter, clock_time when, std::uint64_t word,
                    std::uint32_t outcome);
// The runtime's clock: steady_clock, or virtual time.
clock_time now(const scheduler& home) noexcept;

// Moments that take 4 bytes: in units of 2^24 ns, 17 ms, going round after two years.
inline coarse_time coarse(clock_time when) noexcept {
  return static_cast<coarse_time>(static_cast<std::uint64_t>(when.time_since_epoch().count()) >>
                                  24);
}
// The moment that such a one stands for, but for whole rounds.
inline clock_time moment_of(coarse_time when) noexcept {
  return clock_time(clock_time::duration(std::int64_t{when} << 24));
}
// How much time passed, up to two years: too much by up to a unit, never too little. Zero when `then` is a little after
// `present`, which was read earlier.
inline std::chrono::nanoseconds time_since(coarse_time then, clock_time present) noexcept {
  constexpr std::int64_t in_a_unit = std::int64_t{1} << 24;
  constexpr coarse_time a_little = 1024;
  const coarse_time units = coarse(present) - then;
  if (units != 0 && 0U - units < a_little) return {};
  return std::chrono::nanoseconds(std::int64_t{units} * in_a_unit +
                                  present.time_since_epoch().count() % in_a_unit);
}

// So much later than now; as late as can be when that is too far.
inline clock_time in_future(const scheduler& home, std::chrono::nanoseconds duration) noexcept {
  const clock_time present = now(home);
  constexpr clock_time last = clock_time::max() - std::chrono::nanoseconds(1);
  return duration > last - present ? last : present + duration;
}

// For an operation whose abandon() returned false: it is over, unwinding goes on. Any thread.
void continue_unwinding(goroutine& waiter) noexcept;

// The poller of a runtime; `make` is called for the first caller.
poller& poller_of(scheduler& home, std::unique_ptr<poller> (*make)(scheduler&));

// Whether a runtime ends and unwinds all goroutines.
bool stopping(const scheduler& home) noexcept;

// A random number; this thread's own generator.
std::uint32_t random_number() noexcept;

}  // namespace leash::detail
