#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include <leash/gtest.hpp>
#include <leash/leash.hpp>
#include <leash/testing.hpp>

// What is a schedule, and which there are.

namespace {

using namespace leash;
using namespace std::chrono_literals;
using leash::testing::choose;
using leash::testing::explore;
using leash::testing::explore_options;
using leash::testing::explore_result;
using leash::testing::failure_kind;
using leash::testing::strategy;

explore_options all() {
  explore_options options;
  options.strategy = strategy::exhaustive;
  options.schedules = 0;
  options.stop_at_first_failure = false;
  return options;
}

// Runs `main` in all schedules, or many; what it put into the set.
template <class F>
std::set<std::string> outcomes(const explore_options& options, F main) {
  std::set<std::string> seen;
  const explore_result result = explore(options, [&] { return main(seen); });
  EXPECT_TRUE(result) << result;
  EXPECT_TRUE(options.strategy != strategy::exhaustive || result.complete) << result;
  return seen;
}

class Explore : public ::testing::TestWithParam<strategy> {
 protected:
  static explore_options many() {
    explore_options options = all();
    options.strategy = GetParam();
    if (GetParam() != strategy::exhaustive) options.schedules = 1000;
    return options;
  }
};
INSTANTIATE_TEST_SUITE_P(By, Explore,
                         ::testing::Values(strategy::random, strategy::pct, strategy::exhaustive),
                         [](const auto& given) {
                           return given.param == strategy::random ? "Random"
                                  : given.param == strategy::pct  ? "Pct"
                                                                  : "Exhaustive";
                         });

task<> say(std::string& said, char what) {
  said += what;
  co_return;
}

task<> three_speak(std::set<std::string>& seen) {
  std::string said;
  co_await with_scope([&](scope& s) -> task<> {
    for (const char each : {'a', 'b', 'c'}) s.go(say, std::ref(said), each);
    co_return;
  });
  seen.insert(said);
}

TEST(Explore, SharedMemoryCountsWithoutSleepSets) {
  explore_options options = all();
  options.reduction = false;
  EXPECT_EQ(outcomes(options, three_speak),
            (std::set<std::string>{"abc", "acb", "bac", "bca", "cab", "cba"}));
}

task<> send_name(channel<char> to, char name) { co_await to.send(name); }

task<> three_send(std::set<std::string>& seen) {
  channel<char> ch;
  for (const char each : {'a', 'b', 'c'}) go(send_name, ch, each);
  std::string got;
  for (int i = 0; i < 3; ++i) got += *co_await ch.receive();
  seen.insert(got);
}

TEST_P(Explore, EveryOrderOfThreeSendersIsSeen) {
  EXPECT_EQ(outcomes(many(), three_send),
            (std::set<std::string>{"abc", "acb", "bac", "bca", "cab", "cba"}));
}

task<> two_are_ready(std::set<std::string>& seen) {
  channel<int> left(1);
  channel<int> right(1);
  co_await left.send(1);
  co_await right.send(2);
  const std::size_t taken = co_await select(on_receive(left), on_receive(right));
  seen.insert(std::to_string(taken));
}

TEST_P(Explore, ASelectTakesEachOfTheReadyCases) {
  EXPECT_EQ(outcomes(many(), two_are_ready), (std::set<std::string>{"0", "1"}));
}

task<> twice_the_same_channel(std::set<std::string>& seen) {
  channel<int> ch;
  go(
      [](channel<int> to) -> task<> {
        co_await leash::testing::settle();
        co_await to.send(1);
      },
      ch);
  const std::size_t taken = co_await select(on_receive(ch), on_receive(ch));
  seen.insert(std::to_string(taken));
}

TEST_P(Explore, AParkedSelectTakesEitherOfTwoCasesOnOneChannel) {
  EXPECT_EQ(outcomes(many(), twice_the_same_channel), (std::set<std::string>{"0", "1"}));
}

TEST_P(Explore, ChoicesOfTheProgramAreAllMade) {
  EXPECT_EQ(outcomes(many(),
                     [](std::set<std::string>& seen) -> task<> {
                       const std::size_t first = choose(3);
                       const std::size_t second = choose(2);
                       seen.insert(std::to_string(first) + std::to_string(second));
                       co_return;
                     }),
            (std::set<std::string>{"00", "01", "10", "11", "20", "21"}));
}

// Between two operations that cannot suspend others run, too.
task<> fill_two(channel<> one, channel<> two) {
  static_cast<void>(one.try_send());
  static_cast<void>(two.try_send());
  co_return;
}

task<> look_between(std::set<std::string>& seen) {
  channel<> one(1);
  channel<> two(1);
  go(fill_two, one, two);
  const bool first = one.try_receive() == op_status::success;
  const bool second = two.try_receive() == op_status::success;
  seen.insert(std::string(first ? "1" : "-") + (second ? "2" : "-"));
  co_return;
}

TEST_P(Explore, OthersRunBetweenOperationsThatDoNotSuspend) {
  EXPECT_EQ(outcomes(many(), look_between), (std::set<std::string>{"--", "-2", "1-", "12"}));
}

// Who has looked in vain goes on before anybody else does anything.
task<> look_first(std::set<std::string>& seen) {
  const channel<> asked(1);
  const channel<> told(1);
  const channel<bool> heard(1);
  const auto listen = [](channel<> on, channel<bool> into) -> task<> {
    static_cast<void>(into.try_send(on.try_receive() == op_status::success));
    co_return;
  };
  go(listen, told, heard);
  static_cast<void>(asked.try_receive());
  static_cast<void>(told.try_send());
  seen.insert(*co_await heard.receive() ? "heard" : "missed");
}

TEST_P(Explore, WhoLooksInVainMayGoOnAtOnce) {
  EXPECT_EQ(outcomes(many(), look_first), (std::set<std::string>{"heard", "missed"}));
}

// The number of goroutines depends on who was started.
task<> count_others(std::set<std::string>& seen) {
  const channel<std::size_t> counted(1);
  const auto count = [](channel<std::size_t> into) -> task<> {
    static_cast<void>(into.try_send(num_goroutines()));
    co_return;
  };
  const auto nothing = [](channel<> until) -> task<> { co_await until.receive(); };
  const channel<> until;
  go(count, counted);
  go(nothing, until);
  seen.insert(std::to_string(*co_await counted.receive()));
  until.close();
}

TEST_P(Explore, CountingGoroutinesDependsOnStartingThem) {
  EXPECT_EQ(outcomes(many(), count_others), (std::set<std::string>{"2", "3"}));
}

task<> hold(mutex m, std::string& trace, char who) {
  {
    const auto guard = co_await m.lock();
    trace += who;
  }
  trace += who;
}

TEST_P(Explore, OthersRunInsideDestructors) {
  const auto seen = outcomes(many(), [](std::set<std::string>& into) -> task<> {
    mutex m;
    std::string trace;
    co_await with_scope([&](scope& s) -> task<> {
      s.go(hold, m, std::ref(trace), 'a');
      s.go(hold, m, std::ref(trace), 'b');
      co_return;
    });
    into.insert(trace);
  });
  // 'b' locks after 'a' has unlocked, and before 'a' comes out of the destructor.
  EXPECT_TRUE(seen.contains("aabb")) << ::testing::PrintToString(seen);
  EXPECT_TRUE(seen.contains("abab") || seen.contains("abba")) << ::testing::PrintToString(seen);
}

task<> slow_answer(channel<int> into, std::chrono::nanoseconds time) {
  co_await sleep(time);
  co_await select(on_send(into, 1), otherwise);
}

task<> with_time_limit(std::set<std::string>& seen) {
  channel<int> ch(1);
  go(slow_answer, ch, 10ms);
  const std::size_t won = co_await select(on_receive(ch), on_timeout(20ms));
  seen.insert(won == 0 ? "answer" : "time-out");
}

TEST_P(Explore, ALaterTimeOutCanWin) {
  EXPECT_EQ(outcomes(many(), with_time_limit), (std::set<std::string>{"answer", "time-out"}));
}

TEST_P(Explore, NoLaterTimeOutWinsWhenTimePassesOnlyWhenAllWait) {
  explore_options options = many();
  options.timers = leash::testing::timers::when_idle;
  EXPECT_EQ(outcomes(options, with_time_limit), (std::set<std::string>{"answer"}));
}

task<> tell_later(channel<char> into, char what) {
  co_await sleep(10ms);
  co_await into.send(what);
}

task<> two_at_one_moment(std::set<std::string>& seen) {
  channel<char> ch(2);
  go(tell_later, ch, 'a');
  go(tell_later, ch, 'b');
  std::string got;
  for (int i = 0; i < 2; ++i) got += *co_await ch.receive();
  seen.insert(got);
}

TEST_P(Explore, TimersOfOneMomentFireInAnyOrder) {
  explore_options options = many();
  options.timers = leash::testing::timers::when_idle;
  EXPECT_EQ(outcomes(options, two_at_one_moment), (std::set<std::string>{"ab", "ba"}));
}

TEST_P(Explore, AStoppedTimerTakesNoTime) {
  EXPECT_EQ(outcomes(many(),
                     [](std::set<std::string>& seen) -> task<> {
                       const auto began = now();
                       timer far(24h);
                       far.stop();
                       co_await sleep(1ms);
                       seen.insert(now() - began == 1ms ? "1ms" : "else");
                     }),
            (std::set<std::string>{"1ms"}));
}

TEST_P(Explore, APollerLetsOthersRun) {
  const explore_result result = explore(many(), []() -> task<> {
    channel<> ready(1);
    go([](channel<> to) -> task<> { co_await to.send(); }, ready);
    while (ready.try_receive() != op_status::success) co_await this_goroutine::yield();
  });
  EXPECT_TRUE(result) << result;
}

TEST_P(Explore, ABlockingFunctionIsCalledInItsTurn) {
  EXPECT_EQ(outcomes(many(),
                     [](std::set<std::string>& seen) -> task<> {
                       channel<> other(1);
                       go([](channel<> to) -> task<> { co_await to.send(); }, other);
                       const auto count = [&] { return other.size(); };
                       seen.insert(std::to_string(co_await blocking(count)));
                       co_await other.receive();
                     }),
            (std::set<std::string>{"0", "1"}));
}

TEST(Explore, SleepSetsLeaveNoOutcomeOut) {
  explore_options with = all();
  explore_options without = all();
  without.reduction = false;
  for (const auto program : {three_send, two_are_ready, look_between, with_time_limit}) {
    std::set<std::string> pruned;
    std::set<std::string> whole;
    const auto few = explore(with, [&] { return program(pruned); });
    const auto more = explore(without, [&] { return program(whole); });
    EXPECT_EQ(pruned, whole);
    EXPECT_TRUE(few.complete && more.complete);
    EXPECT_LE(few.schedules, more.schedules);
  }
}

TEST(Explore, ABoundOnPreemptionsIsABound) {
  std::size_t before = 0;
  for (const std::uint32_t most : {0U, 1U, 2U}) {
    explore_options options = all();
    options.preemptions = most;
    std::set<std::string> seen;
    const auto result = explore(options, [&] { return three_send(seen); });
    EXPECT_TRUE(result.complete) << result;
    EXPECT_GT(result.schedules, before);
    before = result.schedules;
  }
}

TEST(Explore, TakesItsOptionsAsTheyAreByThemselves) {
  const explore_result result = explore([]() -> task<> { co_return; });
  EXPECT_TRUE(result) << result;
  EXPECT_EQ(result.schedules, 1000U);
}

TEST(Explore, SetUpThatIsUnexploredIsNotVaried) {
  EXPECT_EQ(outcomes(all(),
                     [](std::set<std::string>& seen) -> task<> {
                       std::string varied;
                       {
                         const leash::testing::unexplored set_up;
                         varied += std::to_string(choose(5));
                       }
                       seen.insert(varied + std::to_string(choose(2)));
                       co_return;
                     }),
            (std::set<std::string>{"00", "01"}));
}

TEST(Explore, TwoThreadsExploreWithoutDisturbingEachOther) {
  const auto explored = [](strategy by) {
    explore_options options = all();
    options.strategy = by;
    options.schedules = by == strategy::exhaustive ? 0 : 500;
    std::set<std::string> seen;
    const explore_result result = explore(options, [&] { return three_send(seen); });
    return result.text() + std::to_string(result.steps) + " " + std::to_string(seen.size());
  };
  const std::string random = explored(strategy::random);
  const std::string exhaustive = explored(strategy::exhaustive);
  std::string other;
  std::thread beside([&] {
    for (int i = 0; i < 5; ++i) other = explored(strategy::random);
  });
  for (int i = 0; i < 5; ++i) EXPECT_EQ(explored(strategy::exhaustive), exhaustive);
  beside.join();
  EXPECT_EQ(other, random);
}

TEST(Explore, AnExplorationOnAWorkerIsRefused) {
  run([]() -> task<> {
    EXPECT_THROW(static_cast<void>(explore({}, []() -> task<> { co_return; })), error);
    co_return;
  });
}

TEST(Explore, WhatIsForExplorationsOnlySaysSoElsewhere) {
  EXPECT_FALSE(leash::testing::exploring());
  EXPECT_THROW(static_cast<void>(choose(2)), error);
  EXPECT_THROW(static_cast<void>(leash::testing::settle()), error);
  EXPECT_THROW(leash::testing::fail("nothing"), error);
}

TEST(Explore, NothingToChooseFromIsAnError) {
  const auto result = explore({}, []() -> task<> {
    EXPECT_THROW(static_cast<void>(choose(0)), error);
    EXPECT_EQ(choose(1), 0U);
    EXPECT_TRUE(leash::testing::exploring());
    co_return;
  });
  EXPECT_TRUE(result) << result;
}

}  // namespace
