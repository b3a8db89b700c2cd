#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>

#include "sched/timer_heap.hpp"

namespace leash::detail {
namespace {

using namespace std::chrono_literals;

const clock_time somewhen = clock_time() + 24h;

void nothing(void*, std::uint64_t, std::uint32_t) noexcept {}

timer_entry entry_for(object& target, std::uint64_t generation) {
  return {somewhen, 0, &nothing, hidden_pointer<void>(&target), generation, 0, true};
}

TEST(TimerHeap, ForgetsTheTimersOfObjectsThatAreDone) {
  timer_heap timers;
  object done;
  done.done = true;
  for (int i = 0; i < 10'000; ++i) timers.arm(entry_for(done, 0));
  EXPECT_LE(timers.size(), 64u);
}

TEST(TimerHeap, ForgetsTheTimersOfObjectsThatAreGone) {
  timer_heap timers;
  object reused;
  for (std::uint64_t generation = 0; generation < 10'000; ++generation) {
    reused.generation = static_cast<std::uint32_t>(generation);
    timers.arm(entry_for(reused, generation));
  }
  EXPECT_LE(timers.size(), 65u);
}

TEST(TimerHeap, KeepsTheTimersThatCount) {
  timer_heap timers;
  object waiting;
  for (int i = 0; i < 1'000; ++i) timers.arm(entry_for(waiting, 0));
  EXPECT_EQ(timers.size(), 1'000u);
}

}  // namespace
}  // namespace leash::detail
