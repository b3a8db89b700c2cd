#include <gtest/gtest.h>

#include <optional>
#include <stop_token>
#include <thread>

#include "support/workers.hpp"

#include <leash/leash.hpp>

namespace {

using namespace leash;
using namespace std::chrono_literals;
using leash::testing::until_alone;

struct name {
  using type = int;
};

class StopToken : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(StopToken);

TEST_P(StopToken, ARequestCancelsTheContextAndUnwindsItsGoroutines) {
  run([]() -> task<> {
    std::stop_source source;
    const cancelable_context owner = with_stop_token(background(), source.get_token());
    go(owner, []() -> task<> { co_await channel<>().receive(); });
    EXPECT_FALSE(owner.context().is_done());
    source.request_stop();
    EXPECT_TRUE(owner.context().is_done());
    EXPECT_EQ(owner.context().error(), errc::canceled);
    co_await until_alone();
  });
}

TEST_P(StopToken, OfAThreadCancelsWhatWaits) {
  run([]() -> task<> {
    std::stop_source source;
    const cancelable_context owner = with_stop_token(background(), source.get_token());
    std::thread other([source]() mutable { source.request_stop(); });
    co_await owner.context().done();
    other.join();
  });
}

TEST(StopTokenBridge, RequestedBeforeMakesAContextThatIsDone) {
  std::stop_source source;
  source.request_stop();
  const cancelable_context owner = with_stop_token(background(), source.get_token());
  EXPECT_TRUE(owner.context().is_done());
}

TEST(StopTokenBridge, ThatCannotBeRequestedLeavesTheContextToItsOwnerAndParent) {
  const cancelable_context parent = with_cancel(background());
  const cancelable_context owner = with_stop_token(parent, std::stop_token());
  EXPECT_FALSE(owner.context().is_done());
  parent.cancel();
  EXPECT_TRUE(owner.context().is_done());
}

TEST(StopTokenBridge, OutlivesTheContext) {
  std::stop_source source;
  {
    const cancelable_context owner = with_stop_token(background(), source.get_token());
  }
  source.request_stop();
}

TEST(StopTokenBridge, RequestsAndTheEndOfTheContextMayMeet) {
  for (int round = 0; round < 300; ++round) {
    std::stop_source source;
    std::optional<cancelable_context> owner = with_stop_token(background(), source.get_token());
    std::thread other([&] { source.request_stop(); });
    owner.reset();
    other.join();
  }
}

TEST(StopTokenOf, AContextIsRequestedWhenThatIsDone) {
  const cancelable_context owner = with_cancel(background());
  const std::stop_token token = stop_token_of(owner);
  int called = 0;
  const std::stop_callback counted(token, [&] { ++called; });
  EXPECT_TRUE(token.stop_possible());
  EXPECT_FALSE(token.stop_requested());
  EXPECT_EQ(token, stop_token_of(owner));
  owner.cancel();
  EXPECT_TRUE(token.stop_requested());
  EXPECT_EQ(called, 1);
  EXPECT_TRUE(stop_token_of(owner).stop_requested());
}

TEST(StopTokenOf, AContextThatIsDoneIsRequested) {
  const cancelable_context owner = with_cancel(background());
  owner.cancel();
  EXPECT_TRUE(stop_token_of(owner).stop_requested());
}

TEST(StopTokenOf, AContextBelowIsRequestedWithItsParent) {
  const cancelable_context parent = with_cancel(background());
  const cancelable_context child = with_cancel(parent);
  const std::stop_token token = stop_token_of(child);
  const std::stop_token of_a_view = stop_token_of(with_value<name>(parent, 3));
  parent.cancel();
  EXPECT_TRUE(token.stop_requested());
  EXPECT_TRUE(of_a_view.stop_requested());
}

TEST(StopTokenOf, WhatIsNeverDoneCannotBeRequested) {
  const cancelable_context owner = with_cancel(background());
  EXPECT_FALSE(stop_token_of(background()).stop_possible());
  EXPECT_FALSE(stop_token_of(without_cancel(owner)).stop_possible());
}

TEST(StopTokenOf, AContextThatIsGoneWasRequested) {
  std::optional<cancelable_context> owner = with_cancel(background());
  const std::stop_token token = stop_token_of(*owner);
  owner.reset();
  EXPECT_TRUE(token.stop_requested());
}

TEST_P(StopToken, OfAScopeIsRequestedWhenTheScopeIsOver) {
  run([]() -> task<> {
    std::stop_token token;
    co_await with_scope([&token](scope& s) -> task<> {
      token = stop_token_of(s.context());
      EXPECT_FALSE(token.stop_requested());
      co_return;
    });
    EXPECT_TRUE(token.stop_requested());
  });
}

TEST(StopTokenOf, ADeadlineIsRequestedOnTime) {
  run(
      []() -> task<> {
        const cancelable_context owner = with_timeout(background(), 10ms);
        const std::stop_token token = stop_token_of(owner);
        co_await sleep(9ms);
        EXPECT_FALSE(token.stop_requested());
        co_await sleep(2ms);
        EXPECT_TRUE(token.stop_requested());
      },
      leash::testing::virtual_time);
}

// The callback finds everything below ended, and may use the context itself.
TEST(StopTokenOf, AContextRunsCallbacksWhenAllBelowAreDone) {
  const cancelable_context parent = with_cancel(background());
  const cancelable_context child = with_cancel(parent);
  bool child_was_done = false;
  const std::stop_callback look(stop_token_of(parent), [&] {
    child_was_done = child.context().is_done();
    parent.cancel();
  });
  parent.cancel();
  EXPECT_TRUE(child_was_done);
}

TEST(StopTokenOf, AContextThatEndsMayBeAskedAtTheSameTime) {
  for (int round = 0; round < 300; ++round) {
    const cancelable_context owner = with_cancel(background());
    std::thread other([&] { owner.cancel(); });
    const std::stop_token token = stop_token_of(owner);
    other.join();
    EXPECT_TRUE(token.stop_requested());
  }
}

TEST(StopTokenOf, OneContextEndsAnotherThroughIt) {
  const cancelable_context first = with_cancel(background());
  const cancelable_context second = with_stop_token(background(), stop_token_of(first));
  first.cancel();
  EXPECT_TRUE(second.context().is_done());
}

}  // namespace
