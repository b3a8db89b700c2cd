#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <leash/leash.hpp>

#include <leash/detail/sched/cohort.hpp>

// Goroutines that a test leaves behind, and what is said of them.

namespace leash::test {

// A patience that no test waits for.
inline constexpr std::chrono::milliseconds for_ever = std::chrono::hours(1);

inline bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

inline task<> wait_for(channel<> signal) { co_await signal.receive(); }
inline task<> starts_waiter(channel<> signal) {
  go(wait_for, signal);
  co_return;
}
inline task<> waits_deep(channel<> signal) { co_await wait_for(std::move(signal)); }
// Nobody else has a handle to what it waits for.
inline task<> wait_for_nobody() { co_await channel<>().receive(); }
inline task<> another_that_waits() { co_await channel<>().receive(); }

// Runs `f` in the runtime, and what it has started up to where that waits: one worker runs them in turn.
template <class F>
void run_in(runtime& shared, const F& f) {
  shared.run([f]() -> task<> {
    f();
    co_await this_goroutine::yield();
    co_await this_goroutine::yield();
  });
}

inline void expect_clean(const std::string& said) { EXPECT_EQ(said, ""); }

// Calls `f` when the check of this thread is waiting for the end of its goroutines.
template <class F>
std::thread when_waited_for(F f) {
  return std::thread([&ours = detail::cohort_of(detail::cohort_here()), f = std::move(f)] {
    while (ours.awaited.load() == 0) std::this_thread::yield();
    f();
  });
}

}  // namespace leash::test
