#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

#include <leash/leash.hpp>
#include <leash/no_leaks.hpp>

#include "support/expect_error.hpp"
#include "support/left_behind.hpp"

// What a test is told of goroutines that it leaves, and when.

namespace {

using namespace leash;
using namespace std::chrono_literals;
using namespace leash::test;
using leash::testing::expect_error;
using leash::testing::leak_check;

TEST(NoLeaks, ACleanTestIsToldNothing) {
  leak_check check({.patience = for_ever});
  run([]() -> task<> {
    channel<int> numbers;
    go([numbers]() -> task<> { co_await numbers.send(1); });
    co_await numbers.receive();
  });
  expect_clean(check.finish());
}

TEST(NoLeaks, WhatIsProvenIsToldOfAtOnceWithItsTraceAndItsCure) {
  runtime shared({.processors = 1});
  leak_check check({.patience = for_ever});
  run_in(shared, [] { go(wait_for_nobody); });
  const std::string said = check.finish();
  EXPECT_TRUE(said.starts_with("1 goroutine of this test can never run again (proven):\n\n"))
      << said;
  EXPECT_TRUE(contains(said, "[chan receive]:\n")) << said;
  EXPECT_TRUE(contains(said, "wait_for_nobody(...)\n")) << said;
  EXPECT_TRUE(contains(said, "created by ")) << said;
  EXPECT_TRUE(contains(said, "To cure it: ")) << said;
  EXPECT_TRUE(contains(said, "no_leaks_options")) << said;
}

TEST(NoLeaks, WhatIsStillThereAtTheEndOfThePatienceIsLeftOver) {
  runtime shared({.processors = 1});
  const channel<> signal;
  {
    leak_check check({.patience = 1ms});
    run_in(shared, [signal] {
      go(wait_for, signal);
      go(wait_for, signal);
    });
    const std::string said = check.finish();
    EXPECT_TRUE(
        said.starts_with("2 goroutines of this test were left over 1 ms after its end:\n\n"))
        << said;
    EXPECT_FALSE(contains(said, "proven")) << said;
    expect_clean(check.finish());  // each is told of once
  }
  signal.close();
}

TEST(NoLeaks, OneThatIsAboutToEndIsWaitedFor) {
  runtime shared({.processors = 1});
  const channel<> signal;
  leak_check check({.patience = for_ever});
  run_in(shared, [signal] { go(wait_for, signal); });
  std::thread closes = when_waited_for([signal] { signal.close(); });
  expect_clean(check.finish());
  closes.join();
}

TEST(NoLeaks, ManyThatEndOneAfterTheOtherAreWaitedFor) {
  runtime shared({.processors = 2});
  const channel<> signal;
  leak_check check({.patience = for_ever});
  for (int i = 0; i < 2000; ++i) shared.go(wait_for, signal);
  std::thread feeds = when_waited_for([signal] {
    for (int i = 0; i < 2000; ++i) signal.send_blocking();
  });
  expect_clean(check.finish());
  feeds.join();
}

TEST(NoLeaks, OneThatIsLeakedByTheEndOfAnotherIsToldOfThen) {
  runtime shared({.processors = 1, .leaks = leak_policy::off});
  const channel<> signal;
  leak_check check({.patience = for_ever});
  run_in(shared, [signal] {
    const channel<int> numbers;
    go(
        [](channel<int> could_send, channel<> until) -> task<> {
          co_await until.receive();
          could_send = channel<int>::nil();
        },
        numbers, signal);
    go([](receive_channel<int> from) -> task<> { co_await from.receive(); }, numbers.receiver());
  });
  std::thread closes = when_waited_for([signal] { signal.close(); });
  const std::string said = check.finish();
  closes.join();
  EXPECT_TRUE(said.starts_with("1 goroutine of this test can never run again")) << said;
}

TEST(NoLeaks, OneThatComesToWaitForEverIsToldOfThen) {
  runtime shared({.processors = 1, .leaks = leak_policy::off});
  const channel<> signal;
  leak_check check({.patience = for_ever});
  run_in(shared, [signal] {
    go(
        [](channel<> first) -> task<> {
          co_await first.receive();
          co_await wait_for_nobody();
        },
        signal);
  });
  std::thread closes = when_waited_for([signal] { signal.close(); });
  const std::string said = check.finish();
  closes.join();
  EXPECT_TRUE(contains(said, "wait_for_nobody(...)")) << said;
}

TEST(NoLeaks, ItIsMadeAndAskedOutsideOfGoroutines) {
  leak_check check;
  run([&check]() -> task<> {
    expect_error(errc::blocks_worker, [] { const leak_check inside; });
    expect_error(errc::blocks_worker, [&] { static_cast<void>(check.finish()); });
    co_return;
  });
  expect_clean(check.finish());
}

}  // namespace
