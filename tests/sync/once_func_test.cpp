#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>

#include "support/expect_error.hpp"
#include "support/waits.hpp"
#include "support/workers.hpp"

#include <leash/leash.hpp>

namespace {

using namespace leash;
using leash::testing::expect_error;
using leash::testing::record;
using leash::testing::this_record;
using leash::testing::until;
using leash::testing::until_alone;
using leash::testing::until_waits;
using leash::testing::waits;

class OnceFunc : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(OnceFunc);

TEST_P(OnceFunc, CallsItsFunctionOnce) {
  run([]() -> task<> {
    int calls = 0;
    const auto first = once_func([&] { ++calls; });
    EXPECT_FALSE(first.has_run());
    for (int i = 0; i < 10; ++i)
      go([&, first]() -> task<> {
        co_await first();
        EXPECT_EQ(calls, 1);
      });
    co_await until_alone();
    EXPECT_EQ(calls, 1);
    EXPECT_TRUE(first.has_run());
  });
}

TEST_P(OnceFunc, GivesEverybodyTheValueOfTheFirstCall) {
  run([]() -> task<> {
    int calls = 0;
    const auto counted = once_value([&] { return ++calls; });
    const auto both = once_value([&] { return std::tuple(calls, std::string("text")); });
    for (int i = 0; i < 10; ++i)
      go([counted, both]() -> task<> {
        EXPECT_EQ(co_await counted(), 1);
        const auto& [number, text] = co_await both();
        EXPECT_EQ(number, 1);
        EXPECT_EQ(text, "text");
      });
    co_await until_alone();
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(&co_await both(), &co_await both()) << "one value, not copies";
  });
}

TEST_P(OnceFunc, EverybodyWaitsForAFunctionThatSuspends) {
  run([]() -> task<> {
    const channel<int> source;
    const auto received =
        once_value([source]() -> task<int> { co_return *co_await source.receive(); });
    const auto passed_on = once_func([received]() -> task<> { co_await received(); });
    for (int i = 0; i < 10; ++i)
      go([received, passed_on]() -> task<> {
        co_await passed_on();
        EXPECT_EQ(co_await received(), 7);
      });
    co_await source.send(7);
    co_await until_alone();
  });
}

template <class F>
task<> throws_the_same_twice(F failing, const int& calls) {
  for (int i = 0; i < 2; ++i) {
    std::string text;
    try {
      co_await failing();
    } catch (const std::runtime_error& thrown) {
      text = thrown.what();
    }
    EXPECT_EQ(text, "x");
  }
  EXPECT_EQ(calls, 1);
}

TEST_P(OnceFunc, EveryCallThrowsWhatTheFunctionHasThrown) {
  run([]() -> task<> {
    int calls = 0;
    const auto fail = [&calls] {
      ++calls;
      throw std::runtime_error("x");
    };
    co_await throws_the_same_twice(once_func(fail), calls);
    calls = 0;
    co_await throws_the_same_twice(once_value([fail] { return fail(), 1; }), calls);
    calls = 0;
    const auto suspending = [fail]() -> task<std::pair<int, int>> {
      co_await this_goroutine::yield();
      fail();
      co_return std::pair(1, 2);
    };
    co_await throws_the_same_twice(once_value(suspending), calls);
  });
}

TEST_P(OnceFunc, TheFunctionIsLetGoWhenItHasBeenCalled) {
  run([]() -> task<> {
    const auto held = std::make_shared<int>(5);
    const auto value = once_value([held] { return *held; });
    const auto failing = once_func([held] { throw std::runtime_error("x"); });
    EXPECT_EQ(held.use_count(), 3);
    EXPECT_EQ(co_await value(), 5);
    EXPECT_EQ(held.use_count(), 2);
    try {
      co_await failing();
      ADD_FAILURE() << "has thrown";
    } catch (const std::runtime_error&) {
      EXPECT_EQ(held.use_count(), 1);
    }
    EXPECT_EQ(co_await value(), 5);
  });
}

TEST_P(OnceFunc, TheFunctionAndItsValueLiveAsLongAsACopy) {
  run([]() -> task<> {
    const auto held = std::make_shared<int>(5);
    const auto share = [&held] { return std::shared_ptr<int>(held); };
    {
      const auto uncalled = once_func([held] {});
      auto value = once_value(share);
      const auto copy = value;
      EXPECT_EQ(copy, value);
      EXPECT_EQ(*co_await value(), 5);
      value = once_value(share);
      EXPECT_NE(copy, value);
      EXPECT_EQ(*co_await copy(), 5);
      EXPECT_EQ(held.use_count(), 3) << "in the function that was not called, and in the value";
    }
    EXPECT_EQ(held.use_count(), 1);
  });
}

TEST_P(OnceFunc, ACallThatIsUnwoundIsMadeByTheNext) {
  run([]() -> task<> {
    const channel<int> source;
    int calls = 0;
    const auto received = once_value([&calls, source]() -> task<int> {
      ++calls;
      co_return *co_await source.receive();
    });
    record first{nullptr};
    {
      const cancelable_context owner = with_cancel(background());
      go(owner, [&first, received]() -> task<> {
        first = this_record();
        co_await received();
        ADD_FAILURE() << "is unwound";
      });
      co_await until_waits(first, detail::wait_reason::chan_receive);
    }
    co_await until_alone();
    EXPECT_FALSE(received.has_run());
    go([source]() -> task<> { co_await source.send(7); });
    EXPECT_EQ(co_await received(), 7);
    EXPECT_EQ(calls, 2);
    co_await until_alone();
  });
}

TEST_P(OnceFunc, AWaiterKeepsTheValueThatItIsGiven) {
  run([]() -> task<> {
    const channel<int> source;
    auto received = once_value([source]() -> task<std::shared_ptr<int>> {
      co_return std::make_shared<int>(*co_await source.receive());
    });
    record waiter{nullptr};
    go([received]() -> task<> { co_await received(); });
    go([&waiter, &received]() -> task<> {
      waiter = this_record();
      EXPECT_EQ(*co_await received(), 7);
    });
    co_await until([&] { return waits(waiter); });
    {
      const auto gone = std::move(received);
      EXPECT_TRUE(received.is_nil());  // NOLINT(bugprone-use-after-move)
    }
    co_await source.send(7);
    co_await until_alone();
  });
}

TEST_P(OnceFunc, NeedsNoMemoryWhenItHasRun) {
  run([]() -> task<> {
    const auto value = once_value([] { return 5; });
    co_await value();
    const auto before = memory();
    for (int i = 0; i < 100; ++i) EXPECT_EQ(co_await value(), 5);
    EXPECT_EQ(memory().live_blocks, before.live_blocks);
  });
}

TEST(OnceFuncOfAnyThread, AMovedFromOneIsNil) {
  auto named = once_func([] {});
  EXPECT_FALSE(named.is_nil());
  const auto moved = std::move(named);
  EXPECT_TRUE(named.is_nil());    // NOLINT(bugprone-use-after-move)
  EXPECT_FALSE(named.has_run());  // NOLINT(bugprone-use-after-move)
  expect_error(errc::nil_handle, [&] { static_cast<void>(named()); });
}

}  // namespace
