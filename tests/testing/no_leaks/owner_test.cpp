#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <chrono>
#include <string>
#include <thread>

#include <leash/leash.hpp>
#include <leash/no_leaks.hpp>

#include "support/left_behind.hpp"

// Which test answers for a goroutine.

namespace {

using namespace leash;
using namespace std::chrono_literals;
using namespace leash::test;
using leash::testing::leak_check;

TEST(NoLeaksOwner, TestsThatRunAtTheSameTimeAnswerForTheirOwn) {
  runtime shared({.processors = 2});
  std::barrier both(2);
  const auto test = [&](task<> (*leaks)()) {
    leak_check check({.patience = for_ever});
    shared.run([leaks]() -> task<> {
      go(leaks);
      co_return;
    });
    both.arrive_and_wait();
    const std::string said = check.finish();
    both.arrive_and_wait();
    return said;
  };
  std::string one;
  std::thread runs_one([&] { one = test(wait_for_nobody); });
  const std::string other = test(another_that_waits);
  runs_one.join();
  EXPECT_TRUE(one.starts_with("1 goroutine of this test")) << one;
  EXPECT_TRUE(contains(one, "wait_for_nobody(...)")) << one;
  EXPECT_FALSE(contains(one, "another_that_waits(...)")) << one;
  EXPECT_TRUE(other.starts_with("1 goroutine of this test")) << other;
  EXPECT_TRUE(contains(other, "another_that_waits(...)")) << other;
}

TEST(NoLeaksOwner, TestsThatRunAtTheSameTimeEachWithARunOfTheirOwnDoToo) {
  std::barrier both(2);
  const auto test = [&](bool leaks) {
    leak_check check({.patience = for_ever});
    run(
        [&both, leaks]() -> task<> {
          if (leaks) go(wait_for_nobody);
          both.arrive_and_wait();
          co_return;
        },
        {.processors = 1});
    both.arrive_and_wait();
    return check.finish();
  };
  std::string leaky;
  std::thread runs_one([&] { leaky = test(true); });
  const std::string clean = test(false);
  runs_one.join();
  expect_clean(clean);
  EXPECT_TRUE(contains(leaky, "wait_for_nobody(...)")) << leaky;
}

TEST(NoLeaksOwner, WhatOneStartsThatHasEndedIsTheTestsToo) {
  runtime shared({.processors = 1});
  const channel<> signal;
  leak_check check({.patience = 0ms});
  run_in(shared, [signal] { go(starts_waiter, signal); });
  EXPECT_TRUE(contains(check.finish(), "wait_for(...)"));
  signal.close();
}

TEST(NoLeaksOwner, WhatWasStartedBeforeIsNotTheTestsNorIsWhatThatStarts) {
  runtime shared({.processors = 1});
  const channel<> begin;
  const channel<> signal;
  run_in(shared, [begin, signal] {
    go(
        [](channel<> first, channel<> then) -> task<> {
          co_await first.receive();
          go(wait_for, then);
          co_await then.receive();
        },
        begin, signal);
  });
  leak_check check({.patience = for_ever});
  begin.send_blocking();
  expect_clean(check.finish());
  signal.close();
}

TEST(NoLeaksOwner, ARuntimeThatTheTestMakesStartsItsOwnForIt) {
  const channel<> signal;
  leak_check check({.patience = 0ms});
  runtime own({.processors = 1});
  std::thread([&] { run_in(own, [signal] { go(wait_for, signal); }); }).join();
  EXPECT_TRUE(contains(check.finish(), "wait_for(...)"));
  signal.close();
}

TEST(NoLeaksOwner, AThreadOfTheTestWorksForItWhenItSaysSo) {
  runtime shared({.processors = 1});
  const channel<> signal;
  leak_check check({.patience = 0ms});
  std::thread([&] { run_in(shared, [signal] { go(wait_for, signal); }); }).join();
  expect_clean(check.finish());
  std::thread([&] {
    const leak_check::thread here(check);
    run_in(shared, [signal] { go(wait_for, signal); });
  }).join();
  EXPECT_TRUE(check.finish().starts_with("1 goroutine of this test was left over"));
  signal.close();
}

TEST(NoLeaksOwner, WhatATimerStartsBelongsToWhoAskedForIt) {
  runtime shared({.processors = 1});
  const channel<> signal;
  leak_check check({.patience = 0ms});
  std::atomic<bool> started{false};
  shared.run([&]() -> task<> {
    const cancelable_context soon = with_timeout(background(), 1ns);
    after_func(soon, [&started, signal]() -> task<> {
      started.store(true);
      started.notify_all();
      co_await signal.receive();
    });
    co_await soon.context().done();
  });
  started.wait(false);
  EXPECT_TRUE(contains(check.finish(), "1 goroutine of this test"));
  signal.close();
}

TEST(NoLeaksOwner, AGoroutineBelongsToTheInnermostCheck) {
  runtime shared({.processors = 1});
  const channel<> signal;
  leak_check outer({.patience = 0ms});
  {
    leak_check inner({.patience = 0ms});
    run_in(shared, [signal] { go(wait_for, signal); });
    EXPECT_TRUE(contains(inner.finish(), "wait_for(...)"));
  }
  expect_clean(outer.finish());
  run_in(shared, [signal] { go(wait_for, signal); });
  EXPECT_TRUE(contains(outer.finish(), "wait_for(...)"));
  signal.close();
}

TEST(NoLeaksOwner, ALaterCheckDoesNotAnswerForWhatAnEarlierOneHasLeft) {
  runtime shared({.processors = 1});
  const channel<> signal;
  {
    const leak_check forgets_to_look;
    run_in(shared, [signal] { go(wait_for, signal); });
  }
  for (int i = 0; i < 3; ++i) {
    leak_check check({.patience = for_ever});
    expect_clean(check.finish());
  }
  signal.close();
}

TEST(NoLeaksOwner, AHiddenRuntimesGoroutinesAreNoTests) {
  const channel<> signal;
  leak_check check({.patience = for_ever});
  runtime unseen({.processors = 1, .hidden = true});
  run_in(unseen, [signal] { go(wait_for, signal); });
  expect_clean(check.finish());
  signal.close();
}

}  // namespace
