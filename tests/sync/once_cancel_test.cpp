#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "support/slow_body.hpp"
#include "support/stress.hpp"
#include "support/waits.hpp"

#include <leash/leash.hpp>

// What a cancel does to those who call: a body that is unwound has not run, so another caller runs its own, and
// no waiter is left.

namespace {

using namespace leash;
using detail::wait_reason;
using leash::testing::random_source;
using leash::testing::record;
using leash::testing::slow_body;
using leash::testing::this_record;
using leash::testing::until;
using leash::testing::until_alone;
using leash::testing::until_waits;

bool has_waiters(const once& named) {
  detail::object& object = *detail::once_access::target(named);
  object.lock.lock();
  const bool found = !object.as<detail::once_body>().waiters.empty();
  object.lock.unlock();
  return found;
}

class OnceCancel : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(OnceCancel);

TEST_P(OnceCancel, BeforeTheCallNothingRuns) {
  for (const bool has_run : {false, true})
    run([has_run]() -> task<> {
      const once first;
      if (has_run) co_await first.call([] {});
      cancelable_context owner = with_cancel(background());
      go(owner, [&]() -> task<> {
        owner.cancel();
        co_await first.call([] { ADD_FAILURE() << "a doomed goroutine did something"; });
        ADD_FAILURE() << "a doomed goroutine went on";
      });
      co_await until_alone();
      EXPECT_EQ(first.has_run(), has_run);
    });
}

TEST_P(OnceCancel, OfTheBodyLetsTheNextWhoWaitsRunIt) {
  run([]() -> task<> {
    const once first;
    slow_body body;
    const cancelable_context owner = with_cancel(background());
    std::atomic<int> ran{0};
    std::atomic<int> over{0};
    go(owner, [&]() -> task<> {
      co_await first.call([&] { return body(); });
      ADD_FAILURE() << "it was unwound";
    });
    co_await until([&] { return leash::testing::waits(body.runner); });
    for (int i = 0; i < 3; ++i) {
      record who{nullptr};
      go([&, i]() -> task<> {
        who = this_record();
        co_await first.call([&] { ran += i + 1; });
        ++over;
      });
      co_await until_waits(who, wait_reason::once_do);
    }
    owner.cancel();
    co_await until_alone();
    EXPECT_EQ(ran, 1) << "the first who waited runs its own body, and nobody else";
    EXPECT_EQ(over, 3);
    EXPECT_TRUE(first.has_run());
  });
}

TEST_P(OnceCancel, OfTheBodyLetsALaterCallerRunIt) {
  run([]() -> task<> {
    const once first;
    slow_body body;
    const cancelable_context owner = with_cancel(background());
    go(owner, [&]() -> task<> { co_await first.call([&] { return body(); }); });
    co_await until([&] { return leash::testing::waits(body.runner); });
    owner.cancel();
    co_await until_alone();
    EXPECT_FALSE(first.has_run());
    int ran = 0;
    co_await first.call([&] { ++ran; });
    EXPECT_EQ(ran, 1);
    EXPECT_TRUE(first.has_run());
  });
}

TEST_P(OnceCancel, DuringTheWaitLeavesNobodyBehind) {
  run([]() -> task<> {
    const once first;
    slow_body body;
    const cancelable_context owner = with_cancel(background());
    record who{nullptr};
    go([&]() -> task<> { co_await first.call([&] { return body(); }); });
    co_await until([&] { return leash::testing::waits(body.runner); });
    go(owner, [&]() -> task<> {
      who = this_record();
      co_await first.call([] {});
      ADD_FAILURE() << "a cancelled waiter went on";
    });
    co_await until_waits(who, wait_reason::once_do);
    owner.cancel();
    co_await until([] { return num_goroutines() == 2; });
    EXPECT_FALSE(has_waiters(first));
    body.go_on.close();
    co_await until_alone();
    EXPECT_TRUE(first.has_run());
  });
}

TEST_P(OnceCancel, AtTheInstantOfTheEndRunsOneBodyToItsEnd) {
  run([]() -> task<> {
    random_source random(leash::testing::stress_seed());
    for (int round = 0; round < 300; ++round) {
      const once first;
      std::atomic<int> completed{0};
      const auto call = [&]() -> task<> {
        co_await first.call([&]() -> task<> {
          co_await this_goroutine::yield();
          ++completed;
        });
        EXPECT_EQ(completed, 1);
      };
      const cancelable_context owner = with_cancel(background());
      for (int i = 0; i < 3; ++i) go(owner, call);
      go(call);
      if (random.once_in(2)) co_await this_goroutine::yield();
      go([&owner]() -> task<> {
        owner.cancel();
        co_return;
      });
      co_await until_alone();
      EXPECT_EQ(completed, 1);
      EXPECT_TRUE(first.has_run());
      EXPECT_FALSE(has_waiters(first));
    }
  });
}

TEST_P(OnceCancel, FromADestructor) {
  struct at_end {
    const cancelable_context& other;
    ~at_end() { other.cancel(); }
  };
  run([]() -> task<> {
    const once first;
    slow_body body;
    const cancelable_context owner = with_cancel(background());
    const cancelable_context other = with_cancel(background());
    record who{nullptr};
    go(owner, [&]() -> task<> {
      const at_end last{other};
      co_await first.call([&] { return body(); });
    });
    co_await until([&] { return leash::testing::waits(body.runner); });
    go(other, [&]() -> task<> {
      who = this_record();
      co_await first.call([&] { return body(); });
      ADD_FAILURE() << "it was unwound";
    });
    co_await until_waits(who, wait_reason::once_do);
    owner.cancel();
    co_await until_alone();
    EXPECT_FALSE(first.has_run());
    EXPECT_FALSE(has_waiters(first));
  });
}

TEST_P(OnceCancel, FromAnotherThreadAndTwice) {
  run([]() -> task<> {
    const once first;
    slow_body body;
    cancelable_context owner = with_cancel(background());
    for (int i = 0; i < 20; ++i)
      go(owner, [&]() -> task<> {
        co_await first.call([&] { return body(); });
        ADD_FAILURE() << "nobody lets it go on";
      });
    co_await until([&] { return leash::testing::waits(body.runner); });
    std::thread outside([given = std::move(owner)] {
      given.cancel();
      given.cancel();
    });
    co_await until_alone();
    outside.join();
    EXPECT_FALSE(first.has_run());
    EXPECT_FALSE(has_waiters(first));
  });
}

}  // namespace
