#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include <leash/leash.hpp>
#include <leash/testing.hpp>

// What <leash/testing.hpp> gives to the tests of others.

namespace {

using namespace leash;
using namespace std::chrono_literals;
using leash::testing::until;
using leash::testing::until_alone;
using leash::testing::virtual_time;

TEST(Testing, AnHoursSleepTakesAnHourOfVirtualTimeAndNoOther) {
  const auto elsewhere = std::chrono::steady_clock::now();
  run(
      []() -> task<> {
        const auto began = now();
        co_await sleep(1h);
        EXPECT_EQ(now() - began, 1h);
      },
      virtual_time);
  EXPECT_LT(std::chrono::steady_clock::now() - elsewhere, 1h);
}

TEST(Testing, TheOrderIsTheSameEachTime) {
  const auto order = [] {
    std::string said;
    run(
        [&said]() -> task<> {
          for (const char name : {'a', 'b', 'c'})
            go([&said, name]() -> task<> {
              for (int i = 0; i < 3; ++i) {
                said += name;
                co_await this_goroutine::yield();
              }
            });
          co_await until_alone();
        },
        virtual_time);
    return said;
  };
  const std::string first = order();
  EXPECT_EQ(first.size(), 9u);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(order(), first);
}

TEST(Testing, UntilLetsOthersRunAndNoTimePass) {
  run(
      []() -> task<> {
        int steps = 0;
        go([&steps]() -> task<> {
          while (steps < 5) {
            ++steps;
            co_await this_goroutine::yield();
          }
        });
        const auto began = now();
        co_await until([&steps] { return steps == 5; });
        EXPECT_EQ(now(), began);
        co_await until_alone();
        EXPECT_EQ(num_goroutines(), 1u);
      },
      virtual_time);
}

TEST(Testing, WhatIsLeftBehindIsReported) {
  ::testing::internal::CaptureStderr();
  run(
      []() -> task<> {
        const channel<int> nobody_receives;
        go([nobody_receives]() -> task<> { co_await nobody_receives.send(1); });
        co_await sleep(1s);
      },
      virtual_time);
  EXPECT_NE(::testing::internal::GetCapturedStderr().find("chan send"), std::string::npos);
}

}  // namespace
