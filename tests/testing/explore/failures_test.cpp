#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <string>

#include <leash/gtest.hpp>
#include <leash/leash.hpp>
#include <leash/testing.hpp>

// What is wrong with a schedule, and what is said of it.

namespace {

using namespace leash;
using namespace std::chrono_literals;
using leash::testing::explore;
using leash::testing::explore_options;
using leash::testing::explore_result;
using leash::testing::failure;
using leash::testing::failure_kind;
using leash::testing::strategy;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

task<> ask_engine(channel<std::string> into, std::string name, std::chrono::milliseconds time) {
  co_await sleep(time);
  co_await into.send(std::move(name));
}

constexpr unsigned send_line = __LINE__ - 3;

task<std::string> racer(std::size_t room) {
  channel<std::string> answers(room);
  go(ask_engine, answers, std::string("google"), 200ms);
  go(ask_engine, answers, std::string("bing"), 2000ms);
  co_return *co_await answers.receive();
}

TEST(ExploreFailures, TheRacersLoserIsProvenLeakedInTheFirstSchedule) {
  const explore_result result = explore({}, [] { return racer(0); });
  ASSERT_EQ(result.failures.size(), 1U) << result;
  EXPECT_EQ(result.schedules, 1U);
  const failure& leak = result.failures.front();
  EXPECT_EQ(leak.kind, failure_kind::leak);
  EXPECT_EQ(leak.schedule, 1U);
  ASSERT_EQ(leak.goroutines.size(), 1U);
  EXPECT_TRUE(leak.goroutines[0].proven);
  EXPECT_EQ(leak.goroutines[0].wait_reason, "chan send");
  EXPECT_EQ(leak.goroutines[0].stack.front().line(), send_line);
  EXPECT_THAT(leak.message, AllOf(HasSubstr("goroutine leaked: chan send at failures_test.cpp:"),
                                  HasSubstr("replay with seed 1"), HasSubstr("capacity 1")));
  EXPECT_FALSE(result);
}

TEST(ExploreFailures, TheCuredRacerHasNone) {
  explore_options options;
  const explore_result random = explore(options, [] { return racer(2); });
  EXPECT_TRUE(random) << random;
  EXPECT_EQ(random.schedules, 1000U);
  options.strategy = strategy::exhaustive;
  const explore_result all = explore(options, [] { return racer(2); });
  EXPECT_TRUE(all) << all;
  EXPECT_TRUE(all.complete);
}

TEST(ExploreFailures, TheSeedsRacerIsExploredCompletely) {
  explore_options options;
  options.strategy = strategy::exhaustive;
  options.stop_at_first_failure = false;
  const explore_result result = explore(options, [] { return racer(0); });
  EXPECT_TRUE(result.complete) << result.summary();
  EXPECT_GT(result.schedules, 1U);
  std::size_t leaked = 0;
  for (const failure& each : result.failures) leaked += each.times;
  EXPECT_EQ(leaked, result.schedules) << "the loser is leaked in each";
  EXPECT_THAT(result.text(), HasSubstr("all that there are"));
}

// Leaks only when the second receiver is the one that gets the value.
task<> rarely(std::size_t steps) {
  channel<> ch(1);
  mutex m;
  auto held = co_await m.lock();
  go(
      [](channel<> to, mutex lock, std::size_t count) -> task<> {
        for (std::size_t i = 0; i < count; ++i) co_await this_goroutine::yield();
        auto guard = lock.try_lock();
        if (guard.owns_lock()) co_await to.send();
      },
      ch, m, steps);
  held.unlock();
  if (leash::testing::choose(8) == 7) {
    auto again = co_await m.lock();
    again.abandon();
    co_await ch.receive();
  }
}

TEST(ExploreFailures, TheSeedOfAFailureBeginsWithIt) {
  const auto explored = [](const explore_options& options) {
    return explore(options, [] { return rarely(2); });
  };
  const explore_result found = explored({});
  ASSERT_FALSE(found.failures.empty()) << found;
  const failure& first = found.failures.front();
  explore_options options;
  options.seed = first.seed;
  const explore_result again = explored(options);
  ASSERT_FALSE(again.failures.empty());
  EXPECT_EQ(again.failures.front().schedule, 1U);
  EXPECT_EQ(again.failures.front().message, first.message);
  EXPECT_EQ(again.failures.front().choices, first.choices);
}

TEST(ExploreFailures, TheChoicesOfAFailureReplayIt) {
  for (const strategy by : {strategy::random, strategy::pct, strategy::exhaustive}) {
    explore_options options;
    options.strategy = by;
    options.schedules = 100'000;
    const auto program = [] { return rarely(1); };
    const explore_result found = explore(options, program);
    ASSERT_FALSE(found.failures.empty()) << found;
    explore_options replay;
    replay.replay = found.failures.front().choices;
    const explore_result again = explore(replay, program);
    ASSERT_EQ(again.failures.size(), 1U) << again;
    EXPECT_EQ(again.schedules, 1U);
    EXPECT_EQ(again.failures.front().kind, found.failures.front().kind);
    EXPECT_EQ(again.failures.front().timeline, found.failures.front().timeline);
  }
}

TEST(ExploreFailures, TheSameSeedGivesTheSameTextByteForByte) {
  for (const strategy by : {strategy::random, strategy::pct, strategy::exhaustive}) {
    explore_options options;
    options.strategy = by;
    options.stop_at_first_failure = false;
    const auto text = [&] { return explore(options, [] { return racer(0); }).text(); };
    const std::string first = text();
    EXPECT_EQ(first, text());
    EXPECT_THAT(first, HasSubstr("goroutine leaked"));
  }
}

TEST(ExploreFailures, EnvironmentVariablesReplayWithoutABuild) {
  const auto program = [] { return rarely(2); };
  const explore_result found = explore({}, program);
  ASSERT_FALSE(found.failures.empty());
  ASSERT_GT(found.failures.front().schedule, 1U);
  setenv("LEASH_EXPLORE_SEED", std::to_string(found.failures.front().seed).c_str(), 1);
  const explore_result by_seed = explore({}, program);
  setenv("LEASH_EXPLORE_REPLAY", found.failures.front().choices.c_str(), 1);
  const explore_result by_choices = explore({}, program);
  setenv("LEASH_EXPLORE_REPLAY", "1.x", 1);
  EXPECT_THROW(static_cast<void>(explore({}, program)), error);
  unsetenv("LEASH_EXPLORE_REPLAY");
  setenv("LEASH_EXPLORE_SEED", "one", 1);
  EXPECT_THROW(static_cast<void>(explore({}, program)), error);
  unsetenv("LEASH_EXPLORE_SEED");
  ASSERT_EQ(by_seed.failures.size(), 1U);
  EXPECT_EQ(by_seed.failures.front().schedule, 1U);
  ASSERT_EQ(by_choices.failures.size(), 1U);
  EXPECT_EQ(by_choices.failures.front().choices, found.failures.front().choices);
}

TEST(ExploreFailures, AMainThatCanNeverGoOnIsADeadlock) {
  const explore_result result = explore({}, []() -> task<> {
    channel<int> nobody_sends;
    co_await nobody_sends.receive();
  });
  ASSERT_EQ(result.failures.size(), 1U);
  EXPECT_EQ(result.failures[0].kind, failure_kind::deadlock);
  EXPECT_THAT(result.failures[0].message, HasSubstr("all goroutines are asleep - deadlock!"));
}

channel<int>& held_by_a_global() {
  static channel<int> ch;
  return ch;
}

TEST(ExploreFailures, WhoIsLeftWithoutAProofIsLeftOver) {
  const explore_result result = explore({}, []() -> task<> {
    go([](channel<int> from) -> task<> { co_await from.receive(); }, held_by_a_global());
    co_return;
  });
  ASSERT_EQ(result.failures.size(), 1U);
  EXPECT_EQ(result.failures[0].kind, failure_kind::left_over);
  EXPECT_FALSE(result.failures[0].goroutines.at(0).proven);
}

TEST(ExploreFailures, AnEndlessLoopIsLeftOverWhenTimeHasPassed) {
  const auto loop = []() -> task<> {
    for (;;) co_await sleep(1s);
  };
  const explore_result result = explore({}, [&]() -> task<> {
    go(loop);
    co_return;
  });
  ASSERT_EQ(result.failures.size(), 1U);
  EXPECT_EQ(result.failures[0].kind, failure_kind::left_over);
  EXPECT_EQ(result.failures[0].goroutines.at(0).wait_reason, "sleep");
}

TEST(ExploreFailures, WhoEndsInTimeIsNotLeftOver) {
  explore_options options;
  options.settle = 10s;
  const auto sleeper = [](std::chrono::seconds time) -> task<> { co_await sleep(time); };
  const auto program = [&](std::chrono::seconds time) -> task<> {
    go(sleeper, time);
    co_return;
  };
  EXPECT_TRUE(explore(options, [&] { return program(10s); }));
  EXPECT_FALSE(explore(options, [&] { return program(11s); }));
}

TEST(ExploreFailures, AnExceptionOfMainIsAFailure) {
  const explore_result result = explore({}, []() -> task<> {
    co_await this_goroutine::yield();
    throw std::runtime_error("no such engine");
  });
  ASSERT_EQ(result.failures.size(), 1U);
  EXPECT_EQ(result.failures[0].kind, failure_kind::uncaught_exception);
  EXPECT_THAT(result.failures[0].message, HasSubstr("no such engine"));
}

TEST(ExploreFailures, AnExceptionOfAnyGoroutineIsAFailureAndEndsTheSchedule) {
  const explore_result result = explore({}, []() -> task<> {
    channel<> ch(1);
    co_await ch.send();
    go([]() -> task<> {
      throw std::runtime_error("thrown aside");
      co_return;
    });
    go([](channel<> held) -> task<> { co_await held.send(); }, ch);
    co_await ch.receive();
  });
  ASSERT_EQ(result.failures.size(), 1U) << result;
  EXPECT_EQ(result.failures[0].kind, failure_kind::uncaught_exception);
  EXPECT_THAT(result.failures[0].message, HasSubstr("thrown aside"));
}

TEST(ExploreFailures, AFailedAssertionIsTheSchedulesFailure) {
  const explore_result result = explore({}, []() -> task<> {
    channel<int> ch(2);
    go([](channel<int> to) -> task<> { co_await to.send(1); }, ch);
    go([](channel<int> to) -> task<> { co_await to.send(2); }, ch);
    const auto first = co_await ch.receive();
    EXPECT_EQ(*first, 1) << "the first sender comes first";
    co_await ch.receive();
  });
  ASSERT_EQ(result.failures.size(), 1U) << result;
  EXPECT_EQ(result.failures[0].kind, failure_kind::failed_assertion);
  EXPECT_THAT(result.failures[0].message,
              AllOf(HasSubstr("the first sender comes first"), HasSubstr("failures_test.cpp")));
}

TEST(ExploreFailures, AFailureThatAnotherFrameworkFindsIsTold) {
  const explore_result result = explore({}, []() -> task<> {
    if (leash::testing::choose(5) == 3) leash::testing::fail("it was 3");
    co_return;
  });
  ASSERT_EQ(result.failures.size(), 1U);
  EXPECT_EQ(result.failures[0].kind, failure_kind::failed_assertion);
  EXPECT_THAT(result.failures[0].message, HasSubstr("it was 3"));
}

TEST(ExploreFailures, AProgramThatDependsOnMoreThanItsScheduleIsToldSo) {
  int runs = 0;
  const explore_result result = explore({}, [&runs]() -> task<> {
    if (++runs == 3) throw std::runtime_error("the third time");
    co_return;
  });
  ASSERT_EQ(result.failures.size(), 1U);
  EXPECT_EQ(result.failures[0].kind, failure_kind::not_reproducible);
}

TEST(ExploreFailures, AScheduleThatIsTooLongHasNotPassed) {
  explore_options options;
  options.schedules = 3;
  options.max_steps = 100;
  const explore_result result = explore(options, []() -> task<> {
    for (;;) co_await this_goroutine::yield();
  });
  EXPECT_TRUE(result.failures.empty());
  EXPECT_EQ(result.bound_hit, 3U);
  EXPECT_FALSE(result.passed());
  EXPECT_FALSE(result.complete);
  EXPECT_THAT(result.text(), HasSubstr("max_steps"));
}

TEST(ExploreFailures, OnesThatAreAlikeAreCounted) {
  explore_options options;
  options.stop_at_first_failure = false;
  options.schedules = 50;
  const explore_result result = explore(options, []() -> task<> {
    channel<int> ch;
    go([](channel<int> to) -> task<> { co_await to.send(1); }, ch);
    co_return;
  });
  ASSERT_EQ(result.failures.size(), 1U);
  EXPECT_EQ(result.failures[0].times, 50U);
  EXPECT_EQ(result.schedules, 50U);
}

TEST(ExploreFailures, ATimelineTellsWhoDidWhat) {
  const explore_result result = explore({}, [] { return racer(0); });
  ASSERT_EQ(result.failures.size(), 1U);
  const std::string& timeline = result.failures[0].timeline;
  EXPECT_THAT(timeline,
              AllOf(HasSubstr("main"), HasSubstr("g2"), HasSubstr("g3"), HasSubstr("go ("),
                    HasSubstr("chan receive: waits"), HasSubstr("a timer fires → g"),
                    HasSubstr("waits for good: chan send at failures_test.cpp")));
  // Main ends, and one of the two.
  EXPECT_EQ(timeline.find("ends", timeline.find("ends", timeline.find("ends") + 1) + 1),
            std::string::npos);
}

TEST(ExploreFailures, TheScheduleIsMadeAsSimpleAsItCanBe) {
  // Needs one switch at one place among many.
  const auto program = []() -> task<> {
    channel<> ch(1);
    mutex m;
    go(
        [](channel<> to, mutex lock) -> task<> {
          for (int i = 0; i < 20; ++i) co_await this_goroutine::yield();
          const auto guard = lock.try_lock();
          if (!guard.owns_lock()) throw std::runtime_error("held");
          co_await to.send();
        },
        ch, m);
    for (int i = 0; i < 20; ++i) {
      const auto guard = co_await m.lock();
    }
    co_await ch.receive();
  };
  explore_options options;
  options.schedules = 100'000;
  const explore_result result = explore(options, program);
  ASSERT_EQ(result.failures.size(), 1U) << result;
  std::size_t switches = 0;
  std::istringstream choices(result.failures[0].choices);
  for (std::string each; std::getline(choices, each, '.');) switches += each[0] != '0' ? 1 : 0;
  EXPECT_LE(switches, 3U) << result;
}

TEST(ExploreFailures, AShieldedGoroutineIsNotWaitedFor) {
  const explore_result result = explore({}, []() -> task<> {
    go([]() -> task<> {
      channel<int> never;
      co_await shield(
          [](channel<int> from) -> task<> { co_await from.receive(); }(std::move(never)));
    });
    co_return;
  });
  ASSERT_EQ(result.failures.size(), 1U);
  EXPECT_EQ(result.failures[0].kind, failure_kind::leak);
}

}  // namespace
