#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include <leash/leash.hpp>
#include <leash/no_leaks.hpp>
#include <leash/testing.hpp>

#include "support/left_behind.hpp"

// What is left when run() returns, or a runtime is destroyed.

namespace {

using namespace leash;
using namespace std::chrono_literals;
using namespace leash::test;
using leash::testing::leak_check;
using leash::testing::virtual_time;

TEST(NoLeaksInRun, WhatIsProvenIsToldOfAtOnce) {
  leak_check check({.patience = for_ever});
  run([]() -> task<> {
    go(wait_for_nobody);
    co_return;
  });
  const std::string said = check.finish();
  EXPECT_TRUE(said.starts_with("1 goroutine of this test can never run again (proven):")) << said;
  EXPECT_TRUE(contains(said, "wait_for_nobody(...)")) << said;
}

TEST(NoLeaksInRun, WhatSleepsOnIsLeftOver) {
  leak_check check({.patience = 1ms});
  run([]() -> task<> {
    go([]() -> task<> { co_await sleep(1h); });
    co_return;
  });
  EXPECT_TRUE(check.finish().starts_with(
      "1 goroutine of this test was left over 1 ms after main had returned:"));
}

// One after the other ends when main has closed the first's channel.
task<> chain_of_two(bool& ended) {
  channel<> first;
  channel<> second;
  go([first, second]() -> task<> {
    co_await first.receive();
    co_await second.send();
  });
  go([second, &ended]() -> task<> {
    co_await second.receive();
    co_await this_goroutine::yield();
    ended = true;
  });
  co_await this_goroutine::yield();
  co_await this_goroutine::yield();
  first.close();
}

TEST(NoLeaksInRun, ThoseThatAreAboutToEndMayDoSo) {
  for (const std::uint32_t processors : {1u, 4u}) {
    bool ended = false;
    leak_check check({.patience = for_ever});
    run([&ended]() -> task<> { co_await chain_of_two(ended); }, {.processors = processors});
    expect_clean(check.finish());
    EXPECT_TRUE(ended);
  }
}

TEST(NoLeaksInRun, OnVirtualTimeThoseThatNeedNoTimeMayEnd) {
  bool ended = false;
  leak_check check({.patience = for_ever});
  run([&ended]() -> task<> { co_await chain_of_two(ended); }, virtual_time);
  expect_clean(check.finish());
  EXPECT_TRUE(ended);
}

TEST(NoLeaksInRun, OnVirtualTimeNobodyWaitsForWhoSleeps) {
  for (const std::uint32_t processors : {1u, 4u}) {
    leak_check check({.patience = for_ever});
    run(
        []() -> task<> {
          go([]() -> task<> { co_await sleep(1s); });
          co_return;
        },
        {.processors = processors, .virtual_time = true});
    const std::string said = check.finish();
    EXPECT_TRUE(contains(said, "[sleep]")) << said;
    EXPECT_TRUE(contains(said, "when main had returned")) << said;
  }
}

TEST(NoLeaksInRun, WhatMayStayIsNotWaitedFor) {
  leak_check check({.patience = for_ever, .ignore_functions = {"wait_for"}});
  const channel<> signal;
  run(
      [signal]() -> task<> {
        go(wait_for, signal);
        co_await this_goroutine::yield();
      },
      {.processors = 1});
  expect_clean(check.finish());
}

TEST(NoLeaksInRun, ARuntimeThatIsDestroyedTellsToo) {
  leak_check check({.patience = 0ms});
  const channel<> signal;
  {
    runtime own({.processors = 1});
    run_in(own, [signal] { go(wait_for, signal); });
  }
  EXPECT_TRUE(contains(check.finish(), "wait_for(...)"));
}

TEST(NoLeaksInRun, NothingIsSaidWhereThePolicyIsOffButTheTestStillFails) {
  leak_check check({.patience = for_ever});
  ::testing::internal::CaptureStderr();
  run(
      []() -> task<> {
        go(wait_for_nobody);
        co_return;
      },
      {.leaks = leak_policy::off});
  expect_clean(::testing::internal::GetCapturedStderr());
  EXPECT_TRUE(contains(check.finish(), "wait_for_nobody(...)"));
}

}  // namespace
