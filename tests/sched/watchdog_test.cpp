#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <source_location>
#include <string>
#include <thread>
#include <utility>

#include <leash/leash.hpp>

#include "support/captured.hpp"
#include "support/compute_until.hpp"
#include "support/wait_until.hpp"

// The watchdog's report of goroutines that hold their worker. Its limits are of real time, and
// it may be late: a goroutine holds its worker until the report has come, and what is not to be
// reported goes on until something else has been.

namespace {

using namespace leash;
using namespace std::chrono_literals;
using leash::test::captured_stderr;
using leash::test::compute_until;
using leash::test::wait_until;
using ::testing::HasSubstr;
using ::testing::Not;

runtime_options watched(std::chrono::milliseconds limit) {
  return {.processors = 2, .leaks = leak_policy::off, .watchdog = limit};
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t times = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++times;
  return times;
}

// What a report says of a goroutine that was resumed in this line.
std::string resumed_in(std::uint_least32_t line) {
  return "watchdog_test.cpp:" + std::to_string(line) + " in ";
}

std::uint_least32_t next_line(std::source_location here = std::source_location::current()) {
  return here.line() + 1;
}

TEST(Watchdog, ReportsAGoroutineThatBlocksItsThread) {
  const captured_stderr said;
  bool reported = false;
  leash::run(
      [&]() -> task<> {
        co_await this_goroutine::yield();
        reported = wait_until([] { return captured_stderr::has("started at "); });
      },
      watched(20ms));
  EXPECT_TRUE(reported);
  EXPECT_THAT(said.text(), HasSubstr("has held its worker for "));
  EXPECT_THAT(said.text(), HasSubstr("watchdog_test.cpp"));
}

// One holds its worker at the same place again. Meanwhile another one is reported at two places,
// one after the other: by then the watchdog has looked at both workers for longer than its
// limit.
TEST(Watchdog, ReportsAGoroutineThatComputesAndEachPlaceOnce) {
  const captured_stderr said;
  std::string place;
  std::atomic<bool> again{false};
  std::atomic<bool> over{false};
  bool reported = false;
  bool reported_others = false;
  leash::run(
      [&]() -> task<> {
        co_await with_scope([&](scope& s) -> task<> {
          s.go([&]() -> task<> {
            while (!again) co_await sleep(1ms);
            const std::string first = resumed_in(next_line());
            co_await this_goroutine::yield();
            reported_others = wait_until([&] { return captured_stderr::has(first); });
            const std::string second = resumed_in(next_line());
            co_await this_goroutine::yield();
            reported_others &= wait_until([&] { return captured_stderr::has(second); });
            over = true;
          });
          for (int i = 0; i < 2; ++i) {
            place = resumed_in(next_line());
            co_await this_goroutine::yield();
            if (i == 0) {
              reported = compute_until([&] { return captured_stderr::has(place); });
            } else {
              again = true;
              compute_until([&] { return over.load(); });
            }
          }
        });
      },
      watched(20ms));
  EXPECT_TRUE(reported);
  EXPECT_TRUE(reported_others);
  EXPECT_EQ(count(said.text(), place), 1u);
}

// One gives way all the time, at least as long as another one needs to be reported.
TEST(Watchdog, LetsThoseBeWhoGiveWay) {
  const captured_stderr said;
  std::string place;
  std::atomic<bool> over{false};
  bool reported = false;
  leash::run(
      [&]() -> task<> {
        co_await with_scope([&](scope& s) -> task<> {
          s.go([&]() -> task<> {
            const std::string holds = resumed_in(next_line());
            co_await this_goroutine::yield();
            reported = wait_until([&] { return captured_stderr::has(holds); });
            over = true;
          });
          place = resumed_in(next_line());
          while (!over) co_await this_goroutine::yield();
        });
      },
      watched(500ms));
  EXPECT_TRUE(reported);
  EXPECT_THAT(said.text(), Not(HasSubstr(place)));
}

// A runtime that is watched reports a goroutine that has held its worker for less long, and
// longer than the usual limit.
TEST(Watchdog, CanBeSwitchedOff) {
  const captured_stderr said;
  std::string place;
  bool reported = false;
  leash::run(
      [&]() -> task<> {
        place = resumed_in(next_line());
        co_await this_goroutine::yield();
        std::thread([&reported] {
          leash::run(
              [&]() -> task<> {
                const std::string holds = resumed_in(next_line());
                co_await this_goroutine::yield();
                reported = wait_until([&] { return captured_stderr::has(holds); });
              },
              watched(2 * runtime_options{}.watchdog));
        }).join();
      },
      watched(0ms));
  EXPECT_TRUE(reported);
  EXPECT_THAT(said.text(), Not(HasSubstr(place)));
}

TEST(Watchdog, WatchesOnAfterEverybodyHasSlept) {
  const captured_stderr said;
  std::string place;
  bool reported = false;
  leash::run(
      [&]() -> task<> {
        place = resumed_in(next_line());
        co_await sleep(100ms);
        reported = wait_until([&] { return captured_stderr::has(place); });
      },
      watched(20ms));
  EXPECT_TRUE(reported);
  EXPECT_EQ(count(said.text(), place), 1u);
}

}  // namespace
