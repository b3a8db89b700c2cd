#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/workers.hpp"

#include <leash/leash.hpp>

namespace {

using namespace leash;
using namespace std::chrono_literals;
using leash::testing::virtual_time;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

task<std::string> request(std::string engine, std::chrono::milliseconds latency) {
  co_await sleep(latency);
  co_return engine;
}

task<int> fail(std::string why) {
  co_await this_goroutine::yield();
  throw std::runtime_error(why);
}

task<int> value(int number) { co_return number; }

// When what happened in the article's racer, in milliseconds.
struct timeline {
  std::chrono::steady_clock::time_point began = now();
  std::vector<std::pair<std::int64_t, std::string>> events;

  void note(std::string what) {
    events.emplace_back(
        std::chrono::duration_cast<std::chrono::milliseconds>(now() - began).count(),
        std::move(what));
  }
};

TEST(TheArticlesRacer, LosesItsSlowGoroutineForEver) {
  std::size_t left = 0;
  std::vector<std::pair<std::int64_t, std::string>> events;
  ::testing::internal::CaptureStderr();
  run(
      [&]() -> task<> {
        timeline log;
        log.note("start");
        channel<std::string> answers;
        const auto ask = [&](std::string engine, std::chrono::milliseconds latency) -> task<> {
          std::string answer = co_await request(engine, latency);
          log.note(engine + " sends");
          co_await answers.send(std::move(answer));
          if (engine == "bing") log.note("bing ends");
        };
        go(ask, std::string("google"), 200ms);
        go(ask, std::string("bing"), 2000ms);
        const auto first = co_await answers.receive();
        log.note("main receives " + *first);
        co_await sleep(24h);
        left = num_goroutines() - 1;
        events = log.events;
      },
      virtual_time);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              HasSubstr("1 goroutine left when main returned"));
  EXPECT_EQ(left, 1u);
  EXPECT_THAT(events,
              ElementsAre(std::pair(0, "start"), std::pair(200, "google sends"),
                          std::pair(200, "main receives google"), std::pair(2000, "bing sends")));
}

TEST(Race, ReturnsTheFirstAnswerAndUnwindsTheLoser) {
  run(
      []() -> task<> {
        auto won = co_await race(request("bing", 2000ms), request("google", 200ms));
        EXPECT_EQ(won.index, 1u);
        EXPECT_EQ(won.value, "google");
        EXPECT_EQ(won.receipts[0].fate, fate::canceled);
        EXPECT_EQ(won.receipts[0].after, 200ms);
        EXPECT_EQ(won.receipts[1].fate, fate::won);
        EXPECT_EQ(num_goroutines(), 1u);
      },
      virtual_time);
}

TEST(Race, PassesOverAFailure) {
  run(
      []() -> task<> {
        auto won = co_await race(fail("down"), value(7));
        EXPECT_EQ(won.value, 7);
        auto later = co_await race(fail("down"), request("google", 5ms));
        EXPECT_EQ(std::get<1>(later.value), "google");
        EXPECT_EQ(later.receipts[0].fate, fate::failed);
      },
      virtual_time);
}

TEST(Race, CarriesEveryErrorWhenAllFail) {
  run(
      []() -> task<> {
        try {
          co_await race(fail("first is down"), fail("second is down"));
          ADD_FAILURE() << "nobody can win";
        } catch (const no_winner& none) {
          EXPECT_EQ(none.code(), errc::no_winner);
          EXPECT_EQ(none.receipts().size(), 2u);
          EXPECT_THAT(none.what(), ::testing::HasSubstr("first is down"));
          EXPECT_THAT(none.what(), ::testing::HasSubstr("second is down"));
        }
      },
      virtual_time);
}

TEST(Race, TakesANumberOfTasksKnownAtRunTime) {
  run(
      []() -> task<> {
        std::vector<task<std::string>> asked;
        for (int i = 0; i < 200; ++i)
          asked.push_back(request(std::to_string(i), std::chrono::milliseconds(1000 - i)));
        auto won = co_await race(std::move(asked));
        EXPECT_EQ(won.index, 199u);
        EXPECT_EQ(num_goroutines(), 1u);
        EXPECT_THROW(co_await race(std::vector<task<int>>{}), no_winner);
      },
      virtual_time);
}

TEST(HedgedRace, AsksTheNextOnlyAfterTheDelayOrAFailure) {
  run(
      []() -> task<> {
        const race_options after_50ms{.hedge_delay = 50ms};
        std::vector<task<std::string>> quick;
        quick.push_back(request("google", 30ms));
        quick.push_back(request("bing", 1ms));
        auto won = co_await race(after_50ms, std::move(quick));
        EXPECT_EQ(won.index, 0u);
        EXPECT_EQ(won.receipts[1].fate, fate::not_started);

        std::vector<task<std::string>> slow;
        slow.push_back(request("google", 200ms));
        slow.push_back(request("bing", 20ms));
        auto hedged = co_await race(after_50ms, std::move(slow));
        EXPECT_EQ(hedged.index, 1u);
        EXPECT_EQ(hedged.receipts[1].after, 70ms);
        EXPECT_EQ(hedged.receipts[0].fate, fate::canceled);

        std::vector<task<int>> failing;
        failing.push_back(fail("down"));
        failing.push_back(value(3));
        auto next = co_await race(after_50ms, std::move(failing));
        EXPECT_EQ(next.value, 3);
        EXPECT_LT(next.receipts[1].after, 1ms);
        EXPECT_EQ(num_goroutines(), 1u);
      },
      virtual_time);
}

TEST(First, RethrowsWhenTheFirstToFinishFailed) {
  run(
      []() -> task<> {
        EXPECT_THROW(co_await first(fail("down"), fail("down too")), std::runtime_error);
        auto one = co_await first(value(1), value(2));
        EXPECT_GT(one.value, 0);
      },
      virtual_time);
}

class RaceUnderLoad : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(RaceUnderLoad);

TEST_P(RaceUnderLoad, LeavesNothingBehind) {
  const std::size_t before = memory().live_blocks;
  run([]() -> task<> {
    for (int i = 0; i < 5000; ++i) {
      auto won = co_await race(value(i), value(i), fail("down"));
      EXPECT_EQ(won.value, i);
    }
    EXPECT_EQ(num_goroutines(), 1u);
  });
  EXPECT_EQ(memory().live_blocks, before);
}

}  // namespace
