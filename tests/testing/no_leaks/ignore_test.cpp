#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include <leash/leash.hpp>
#include <leash/no_leaks.hpp>

#include "support/left_behind.hpp"

// Which goroutines may stay.

namespace {

using namespace leash;
using namespace std::chrono_literals;
using namespace leash::test;
using leash::testing::ignore_current_goroutines;
using leash::testing::leak_check;

// Leaves one that waits in wait_for, called by waits_deep, started here.
std::string left_with(leash::testing::no_leaks_options options) {
  runtime shared({.processors = 1});
  const channel<> signal;
  std::string said;
  {
    options.patience = 0ms;
    leak_check check(std::move(options));
    run_in(shared, [signal] { go(waits_deep, signal); });
    said = check.finish();
  }
  signal.close();
  return said;
}

TEST(NoLeaksIgnore, WhatWaitsInAFunction) {
  expect_clean(left_with({.ignore_top_functions = {"another", "wait_for"}}));
  EXPECT_NE(left_with({.ignore_top_functions = {"waits_deep"}}), "");
  EXPECT_NE(left_with({.ignore_top_functions = {"for"}}), "");
  EXPECT_NE(left_with({.ignore_top_functions = {""}}), "");
}

TEST(NoLeaksIgnore, WhatHasAFunctionAnywhereInItsStack) {
  expect_clean(left_with({.ignore_functions = {"wait_for"}}));
  expect_clean(left_with({.ignore_functions = {"waits_deep"}}));
  EXPECT_NE(left_with({.ignore_functions = {"left_with"}}), "");
}

TEST(NoLeaksIgnore, WhatWasStartedByAFunction) {
  expect_clean(left_with({.ignore_created_by = {"left_with::lambda"}}));
  EXPECT_NE(left_with({.ignore_created_by = {"waits_deep"}}), "");
}

TEST(NoLeaksIgnore, WhatWasStartedAtAPlace) {
  const std::string said = left_with({});
  const std::size_t at = said.rfind("ignore_test.cpp:");
  ASSERT_NE(at, std::string::npos) << said;
  const std::string place = said.substr(at, said.find(' ', at) - at);
  expect_clean(left_with({.ignore_created_by = {place}}));
  expect_clean(left_with({.ignore_created_by = {"no_leaks/" + place}}));
  expect_clean(left_with({.ignore_created_by = {"ignore_test.cpp"}}));
  EXPECT_NE(left_with({.ignore_created_by = {"nore_test.cpp"}}), "");
  EXPECT_NE(left_with({.ignore_created_by = {"ignore_test.cpp:1"}}), "");
}

TEST(NoLeaksIgnore, WhatIsThereNowAndWhatThatStarts) {
  runtime shared({.processors = 1});
  const channel<> begin;
  const channel<> signal;
  leak_check check({.patience = for_ever});
  run_in(shared, [begin, signal] {
    go(
        [](channel<> first, channel<> then) -> task<> {
          co_await first.receive();
          go(wait_for, then);
          co_await then.receive();
        },
        begin, signal);
  });
  ignore_current_goroutines();
  begin.send_blocking();
  expect_clean(check.finish());
  run_in(shared, [] { go(wait_for_nobody); });
  EXPECT_TRUE(check.finish().starts_with("1 goroutine of this test"));
  signal.close();
}

TEST(NoLeaksIgnore, WhatIsThereNowButNotWhoSaysSo) {
  leak_check check({.patience = 0ms});
  run(
      []() -> task<> {
        go(wait_for_nobody);
        ignore_current_goroutines();
        go(another_that_waits);
        co_await this_goroutine::yield();
        co_return;
      },
      {.processors = 1, .leaks = leak_policy::off});
  const std::string said = check.finish();
  EXPECT_FALSE(contains(said, "wait_for_nobody(...)")) << said;
  EXPECT_TRUE(contains(said, "another_that_waits(...)")) << said;
}

// Goroutines end, start others, and are taken out of their test, all at the same time: nobody is counted twice or not at all.
TEST(NoLeaksIgnore, TheCountIsRightWhenGoroutinesAreTakenOutWhileTheyEnd) {
  runtime shared({.processors = 2});
  leak_check check({.patience = for_ever});
  detail::cohort& ours = detail::cohort_of(detail::cohort_here());
  std::atomic<bool> over{false};
  std::thread takes_out([&] {
    const leak_check::thread here(check);
    while (!over.load()) ignore_current_goroutines();
  });
  for (int round = 0; round < 200; ++round)
    shared.run([]() -> task<> {
      co_await with_scope([](scope& children) -> task<> {
        for (int i = 0; i < 20; ++i)
          children.go([]() -> task<> {
            go([]() -> task<> { co_await this_goroutine::yield(); });
            co_await this_goroutine::yield();
          });
        co_return;
      });
    });
  over.store(true);
  takes_out.join();
  expect_clean(check.finish());
  EXPECT_EQ(ours.members(), 0u);
}

}  // namespace
