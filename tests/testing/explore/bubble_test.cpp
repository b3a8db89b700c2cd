#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

#include <leash/leash.hpp>
#include <leash/testing.hpp>

#include "sched/worker_signs.hpp"

namespace {

using namespace leash;
using namespace std::chrono_literals;
using leash::testing::bubble;
using leash::testing::settle;
using ::testing::HasSubstr;

TEST(Bubble, ReturnsWhatMainReturns) {
  EXPECT_EQ(bubble([]() -> task<int> { co_return 7; }), 7);
}

TEST(Bubble, RethrowsWhatMainThrows) {
  EXPECT_THROW(bubble([]() -> task<> {
                 throw std::logic_error("main");
                 co_return;
               }),
               std::logic_error);
}

TEST(Bubble, RethrowsWhatAnyGoroutineThrows) {
  EXPECT_THROW(bubble([]() -> task<> {
                 go([]() -> task<> {
                   throw std::logic_error("aside");
                   co_return;
                 });
                 co_await sleep(1s);
               }),
               std::logic_error);
}

// What a worker does is counted in turns; what they cost is counted in instructions by
// bench/explore_cost.py.
TEST(Bubble, ADayOfSleepTakesOneTurnForEachSleepAndLeavesNothing) {
  struct usage {
    std::uint64_t turns;
    std::size_t blocks;
  };
  const auto used = [] {
    auto& pool = detail::worker_signs_pool::instance();
    std::uint64_t turns = 0;
    for (std::uint32_t i = 0; i < pool.size(); ++i) turns += pool[i].turn.load();
    return usage{turns / 2, memory().live_blocks};
  };
  usage before{};
  usage after{};
  bubble([&]() -> task<> {
    co_await sleep(1h);  // what is made once is there
    before = used();
    for (int i = 0; i < 24; ++i) co_await sleep(1h);
    after = used();
  });
  EXPECT_EQ(after.turns - before.turns, 24u);
  EXPECT_EQ(after.blocks, before.blocks);
}

TEST(Bubble, TimePassesOnlyWhenAllWait) {
  bubble([]() -> task<> {
    const auto began = now();
    channel<> done;
    go(
        [](channel<> told) -> task<> {
          co_await sleep(1s);
          co_await told.send();
        },
        done);
    co_await done.receive();
    EXPECT_EQ(now() - began, 1s);
  });
}

TEST(Bubble, BeginsAtTheSameMomentEachTime) {
  const auto begins = [] {
    return bubble([]() -> task<std::chrono::steady_clock::time_point> { co_return now(); });
  };
  EXPECT_EQ(begins(), begins());
}

TEST(Bubble, SettleWaitsUntilAllOthersWait) {
  bubble([]() -> task<> {
    int done = 0;
    channel<> never_closed(1);
    const auto worker = [&done](channel<> from) -> task<> {
      for (int i = 0; i < 10; ++i) co_await this_goroutine::yield();
      ++done;
      co_await from.receive();
    };
    for (int i = 0; i < 3; ++i) go(worker, never_closed);
    co_await settle();
    EXPECT_EQ(done, 3);
    never_closed.close();
  });
}

TEST(Bubble, SettleLetsNoTimePass) {
  bubble([]() -> task<> {
    bool woken = false;
    const auto sleeper = [&woken]() -> task<> {
      co_await sleep(1ms);
      woken = true;
    };
    go(sleeper);
    co_await settle();
    EXPECT_FALSE(woken);
    co_await sleep(1ms);
    co_await settle();
    EXPECT_TRUE(woken);
  });
}

TEST(Bubble, ATimeOutCannotWinAgainstWhatComesBefore) {
  bubble([]() -> task<> {
    auto c = with_timeout(background(), 5s);
    co_await sleep(5s - 1ns);
    co_await settle();
    EXPECT_FALSE(c.context().is_done());
    co_await sleep(1ns);
    co_await settle();
    EXPECT_TRUE(c.context().is_done());
  });
}

TEST(Bubble, WaitsForWhoIsLeft) {
  bool ended = false;
  bubble([&ended]() -> task<> {
    const auto late = [&ended]() -> task<> {
      co_await sleep(100h);
      ended = true;
    };
    go(late);
    co_return;
  });
  EXPECT_TRUE(ended);
}

TEST(Bubble, TellsOfGoroutinesThatNeverEnd) {
  try {
    bubble([]() -> task<> {
      go([](channel<int> from) -> task<> { co_await from.receive(); }, channel<int>());
      co_return;
    });
    FAIL() << "a goroutine is left";
  } catch (const error& left) {
    EXPECT_EQ(left.code(), errc::goroutines_left);
    EXPECT_THAT(left.what(), HasSubstr("goroutine leaked: chan receive at bubble_test.cpp:"));
  }
}

TEST(Bubble, TellsOfADeadlockOfMain) {
  try {
    bubble([]() -> task<> { co_await channel<int>().receive(); });
    FAIL() << "main waits for ever";
  } catch (const error& left) {
    EXPECT_THAT(left.what(), HasSubstr("all goroutines are asleep - deadlock!"));
  }
}

}  // namespace
