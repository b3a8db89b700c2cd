#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include "support/blocking_pool.hpp"
#include "support/expect_error.hpp"
#include "support/waits.hpp"
#include "support/workers.hpp"

#include <leash/leash.hpp>

namespace {

using namespace leash;
using namespace std::chrono_literals;
using leash::testing::expect_error;
using leash::testing::gate;
using leash::testing::other_limits;
using leash::testing::record;
using leash::testing::this_record;
using leash::testing::until;
using leash::testing::until_alone;
using leash::testing::until_waits;

class Blocking : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(Blocking);

TEST_P(Blocking, GivesWhatTheFunctionReturns) {
  run([]() -> task<> {
    const std::string text = "seven";
    EXPECT_EQ(co_await blocking([&] { return text.size(); }), 5u);
    auto moved = co_await blocking([] { return std::make_unique<int>(7); });
    EXPECT_EQ(*moved, 7);
    bool called = false;
    co_await blocking([&] { called = true; });
    EXPECT_TRUE(called);
  });
}

TEST_P(Blocking, RethrowsWhatTheFunctionThrows) {
  run([]() -> task<> {
    const auto fails = []() -> int { throw std::runtime_error("no such file"); };
    bool thrown = false;
    try {
      co_await blocking(fails);
    } catch (const std::runtime_error& failure) {
      thrown = std::string(failure.what()) == "no such file";
    }
    EXPECT_TRUE(thrown);
  });
}

TEST_P(Blocking, CallsTheFunctionOnAThreadThatRunsNoGoroutines) {
  run([]() -> task<> {
    const auto here = std::this_thread::get_id();
    co_await blocking([&] {
      EXPECT_NE(std::this_thread::get_id(), here);
      EXPECT_EQ(this_goroutine::id(), 0u);
      expect_error(errc::no_runtime, [] { go([]() -> task<> { co_return; }); });
    });
  });
}

TEST_P(Blocking, LetsOthersRunMeanwhile) {
  run([]() -> task<> {
    gate held;
    go([&held]() -> task<> {
      co_await this_goroutine::yield();
      held.open();
    });
    co_await blocking([&] { held.pass(); });
    co_await until_alone();
  });
}

TEST_P(Blocking, TheFunctionMayUseChannelsOfTheFrameThatWaits) {
  run([]() -> task<> {
    const channel<int> line;
    go([line]() -> task<> { co_await line.send(3); });
    EXPECT_EQ(co_await blocking([&] { return *line.receive_blocking(); }), 3);
    co_await until_alone();
  });
}

TEST_P(Blocking, IsShownAsItsOwnReasonAndIsEndedFromOutside) {
  run([]() -> task<> {
    gate held;
    record waiting{nullptr};
    go([&]() -> task<> {
      waiting = this_record();
      co_await blocking([&] { held.pass(); });
    });
    co_await until_waits(waiting, detail::wait_reason::blocking);
    EXPECT_STREQ(text_of(waiting.load()->reason.load()), "blocking");
    EXPECT_TRUE(waiting.load()->external.load());
    EXPECT_TRUE(leash::testing::targets_of(waiting).empty());
    held.open();
    co_await until_alone();
  });
}

TEST_P(Blocking, ManyRunAtTheSameTime) {
  constexpr int many = 20;
  run([]() -> task<> {
    gate all;
    for (int i = 0; i < many; ++i)
      go([&all]() -> task<> { co_await blocking([&] { all.pass(); }); });
    co_await until([&] { return all.arrived == many; });
    EXPECT_GE(blocking_threads(), std::size_t{many});
    all.open();
    co_await until_alone();
  });
}

TEST_P(Blocking, CallsEveryFunctionOnce) {
  run([]() -> task<> {
    std::atomic<int> calls{0};
    for (int i = 0; i < 200; ++i)
      go([&calls]() -> task<> {
        for (int k = 0; k < 5; ++k) co_await blocking([&] { ++calls; });
      });
    co_await until_alone();
    EXPECT_EQ(calls, 1000);
  });
}

TEST_P(Blocking, BeyondTheLimitWaitsForAThread) {
  const other_limits two({.threads = 2, .idle = 24h});
  run([]() -> task<> {
    gate held;
    std::atomic<int> ended{0};
    for (int i = 0; i < 5; ++i)
      go([&]() -> task<> {
        co_await blocking([&] { held.pass(); });
        ++ended;
      });
    co_await until([&] { return held.arrived == 2; });
    EXPECT_EQ(blocking_threads(), 2u);
    held.open();
    co_await until_alone();
    EXPECT_EQ(ended, 5);
    EXPECT_EQ(blocking_threads(), 2u);
  });
}

TEST_P(Blocking, ThreadsWithNothingToDoEnd) {
  const other_limits soon({.idle = 0ms});
  run([]() -> task<> {
    co_await blocking([] {});
    co_await until([] { return blocking_threads() == 0; });
    EXPECT_EQ(co_await blocking([] { return 1; }), 1);
  });
}

TEST(BlockingLimits, RefuseNoThreads) {
  expect_error(errc::bad_option, [] { set_blocking_limits({.threads = 0}); });
}

TEST_P(Blocking, AThreadMayBeKeptForAsLongAsCanBe) {
  const other_limits one({.threads = 1, .idle = std::chrono::milliseconds::max()});
  run([]() -> task<> {
    for (int i = 1; i <= 3; ++i) {
      const int calls_on_it = co_await blocking([] {
        thread_local int calls = 0;
        return ++calls;
      });
      EXPECT_EQ(calls_on_it, i);
    }
  });
}

}  // namespace
