#pragma once

#include <leash/detail/sched/scheduler.hpp>

namespace leash::detail {

// Looks whether main can never run again, nor any other goroutine of its runtime; then it says so and ends the program with status
// 2. Used by the worker that is in the poller, when all of them are asleep and no timer is set. The floor above defines this.
class deadlock_watch {
 public:
  // Returns when to look again if nothing happens; max(): not before something does. By the steady clock.
  clock_time look(scheduler& home) noexcept;

 private:
  static constexpr std::chrono::milliseconds longest_pause{1000};

  // A proof stops all threads for a moment: it is to take a small part of the time only, and a smaller one where threads
  // outside of leash keep a program going that sleeps otherwise.
  clock_time next_full_proof_ = clock_time::min();
  std::chrono::milliseconds pause_{1};
};

}  // namespace leash::detail
