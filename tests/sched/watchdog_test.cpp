#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

#include <leash/leash.hpp>

// The watchdog's report of goroutines that hold their worker.

namespace {

using namespace leash;
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::internal::CaptureStderr;
using ::testing::internal::GetCapturedStderr;

runtime_options watched(std::chrono::milliseconds limit) {
  return {.processors = 2, .leaks = leak_policy::off, .watchdog = limit};
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t times = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++times;
  return times;
}

TEST(Watchdog, ReportsAGoroutineThatBlocksItsThread) {
  CaptureStderr();
  leash::run(
      []() -> task<> {
        co_await this_goroutine::yield();
        std::this_thread::sleep_for(200ms);
      },
      watched(20ms));
  const std::string said = GetCapturedStderr();
  EXPECT_THAT(said, HasSubstr("has held its worker for "));
  EXPECT_THAT(said, HasSubstr("watchdog_test.cpp"));
  EXPECT_THAT(said, HasSubstr("started at "));
}

TEST(Watchdog, ReportsAGoroutineThatComputesAndEachPlaceOnce) {
  CaptureStderr();
  leash::run(
      []() -> task<> {
        for (int i = 0; i < 3; ++i) {
          co_await this_goroutine::yield();
          timespec used{};
          // Its own processor time: on a machine that is busy otherwise it is not to blame.
          clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
          const auto spent = [&] {
            timespec now{};
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
            return (now.tv_sec - used.tv_sec) * 1'000'000'000 + (now.tv_nsec - used.tv_nsec);
          };
          while (spent() < 100'000'000) continue;
        }
      },
      watched(20ms));
  EXPECT_EQ(count(GetCapturedStderr(), "has held its worker for "), 1u);
}

TEST(Watchdog, LetsThoseBeWhoGiveWay) {
  CaptureStderr();
  leash::run(
      []() -> task<> {
        const auto began = std::chrono::steady_clock::now();
        while (std::chrono::steady_clock::now() - began < 100ms) co_await this_goroutine::yield();
        co_await sleep(50ms);
      },
      watched(2s));
  EXPECT_EQ(GetCapturedStderr(), "");
}

TEST(Watchdog, CanBeSwitchedOff) {
  CaptureStderr();
  leash::run(
      []() -> task<> {
        std::this_thread::sleep_for(50ms);
        co_return;
      },
      watched(0ms));
  EXPECT_EQ(GetCapturedStderr(), "");
}

TEST(Watchdog, WatchesOnAfterEverybodyHasSlept) {
  CaptureStderr();
  leash::run(
      []() -> task<> {
        co_await sleep(100ms);
        std::this_thread::sleep_for(200ms);
      },
      watched(20ms));
  EXPECT_EQ(count(GetCapturedStderr(), "has held its worker for "), 1u);
}

}  // namespace
