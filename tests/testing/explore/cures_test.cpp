#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <leash/leash.hpp>
#include <leash/testing.hpp>

// Cures are tried on the schedule that fails, and named when they end it.

namespace {

using namespace leash;
using leash::testing::explore;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

template <class F>
std::vector<std::string> cures_of(F main) {
  const auto result = explore({}, main);
  EXPECT_EQ(result.failures.size(), 1U) << result;
  return result.failures.empty() ? std::vector<std::string>() : result.failures.front().cures;
}

task<> send_one(channel<int> to) { co_await to.send(1); }
task<> receive_one(channel<int> from) { co_await from.receive(); }
task<> receive_all(channel<int> from) {
  while (co_await from.receive()) {
  }
}

TEST(ExploreCures, ASlotMoreForASenderThatNobodyReceivesFrom) {
  EXPECT_THAT(cures_of([]() -> task<> {
                const channel<int> ch;
                go(send_one, ch);
                go(send_one, ch);
                co_await ch.receive();
              }),
              Contains("capacity 1"));
}

TEST(ExploreCures, ASlotForEachOfManySenders) {
  EXPECT_THAT(cures_of([]() -> task<> {
                const channel<int> ch(1);
                for (int i = 0; i < 4; ++i) go(send_one, ch);
                co_return;
              }),
              Contains("capacity 4"));
}

TEST(ExploreCures, ACloseForARangeOverAChannel) {
  EXPECT_THAT(cures_of([]() -> task<> {
                const channel<int> ch;
                go(receive_all, ch);
                co_await ch.send(1);
              }),
              Contains(StartsWith("a close")));
}

TEST(ExploreCures, ADoneCaseForWhoeverWaits) {
  const auto cures = cures_of([]() -> task<> {
    const channel<int> ch;
    go(receive_one, ch);
    co_return;
  });
  EXPECT_THAT(cures, Contains(StartsWith("a done case: on_done(context) at cures_test.cpp:")));
}

TEST(ExploreCures, ACloseIsNoneForASender) {
  EXPECT_THAT(cures_of([]() -> task<> {
                go(send_one, channel<int>());
                co_return;
              }),
              Not(Contains(HasSubstr("close"))));
}

TEST(ExploreCures, NoCapacityHelpsWhoSendsForEver) {
  EXPECT_THAT(cures_of([]() -> task<> {
                const auto endless = [](channel<int> to) -> task<> {
                  for (;;) co_await to.send(1);
                };
                go(endless, channel<int>());
                co_return;
              }),
              Not(Contains(HasSubstr("capacity"))));
}

}  // namespace
