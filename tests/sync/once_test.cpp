#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <vector>

#include "support/expect_error.hpp"
#include "support/slow_body.hpp"
#include "support/waits.hpp"

#include <leash/leash.hpp>

namespace {

using namespace leash;
using detail::capability;
using detail::wait_reason;
using leash::testing::able;
using leash::testing::expect_error;
using leash::testing::record;
using leash::testing::slow_body;
using leash::testing::target;
using leash::testing::targets_of;
using leash::testing::this_record;
using leash::testing::until;
using leash::testing::until_alone;
using leash::testing::until_waits;

class Once : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(Once);

detail::object& object_of(const once& named) { return *detail::once_access::target(named); }

TEST_P(Once, RunsItsBodyOnceBeforeAnybodyGoesOn) {
  run([]() -> task<> {
    const once first;
    int runs = 0;
    for (int i = 0; i < 10; ++i)
      go([&]() -> task<> {
        co_await first.call([&] { ++runs; });
        EXPECT_EQ(runs, 1);
      });
    co_await until_alone();
    EXPECT_EQ(runs, 1);
    EXPECT_TRUE(first.has_run());
  });
}

TEST_P(Once, EverybodyWaitsForABodyThatSuspends) {
  run([]() -> task<> {
    const once first;
    slow_body body;
    std::atomic<int> over{0};
    for (int i = 0; i < 10; ++i)
      go([&]() -> task<> {
        co_await first.call([&] { return body(); });
        ++over;
      });
    co_await until([&] { return leash::testing::waits(body.runner); });
    for (int i = 0; i < 10; ++i) co_await this_goroutine::yield();
    EXPECT_EQ(over, 0);
    EXPECT_FALSE(first.has_run());
    body.go_on.close();
    co_await until_alone();
    EXPECT_EQ(over, 10);
    EXPECT_EQ(body.runs, 1);
  });
}

TEST_P(Once, ABodyThatThrowsHasRun) {
  run([]() -> task<> {
    const once first;
    int thrown = 0;
    for (int i = 0; i < 2; ++i) {
      try {
        co_await first.call([] { throw std::runtime_error("failed"); });
      } catch (const std::runtime_error&) {
        ++thrown;
        EXPECT_EQ(i, 0);
      }
    }
    EXPECT_EQ(thrown, 1);
    co_await first.call([] { ADD_FAILURE() << "it was called twice"; });
  });
}

TEST_P(Once, OnlyTheCallerOfABodyThatThrowsGetsTheException) {
  run([]() -> task<> {
    const once first;
    slow_body body;
    std::atomic<int> thrown{0};
    std::atomic<int> returned{0};
    for (int i = 0; i < 5; ++i)
      go([&]() -> task<> {
        try {
          co_await first.call([&]() -> task<> {
            co_await body();
            throw std::runtime_error("failed");
          });
          ++returned;
        } catch (const std::runtime_error&) {
          ++thrown;
        }
      });
    co_await until([&] { return leash::testing::waits(body.runner); });
    body.go_on.close();
    co_await until_alone();
    EXPECT_EQ(thrown, 1);
    EXPECT_EQ(returned, 4);
  });
}

TEST_P(Once, CopiesNameOneAndAMovedFromOneIsNil) {
  run([]() -> task<> {
    once first;
    const once copy(first);
    EXPECT_EQ(first, copy);
    EXPECT_NE(first, once());
    co_await copy.call([] {});
    EXPECT_TRUE(first.has_run());
    const once moved(std::move(first));
    // NOLINTNEXTLINE(bugprone-use-after-move): a moved-from once is nil
    EXPECT_TRUE(first.is_nil());
    EXPECT_FALSE(first.has_run());
    EXPECT_EQ(moved, copy);
    expect_error(errc::nil_handle, [&] { static_cast<void>(first.call([] {})); });
  });
}

TEST_P(Once, NeedsNoMemoryWhenItHasRun) {
  run([]() -> task<> {
    const once first;
    co_await first.call([] {});
    const std::size_t before = memory().live_blocks;
    auto again = first.call([] { ADD_FAILURE() << "it was called twice"; });
    co_await std::move(again);
    EXPECT_EQ(memory().live_blocks, before);
  });
}

TEST(OnceWithOneWorker, EndsATimeSlice) {
  leash::run(
      []() -> task<> {
        const once first;
        bool others_ran = false;
        go([&]() -> task<> {
          others_ran = true;
          co_return;
        });
        for (int calls = 0; calls < 1000 && !others_ran; ++calls) co_await first.call([] {});
        EXPECT_TRUE(others_ran);
      },
      {.processors = 1, .leaks = leak_policy::off});
}

TEST_P(Once, OnlyTheFrameThatRunsTheBodyCanLetTheOthersGoOn) {
  run([]() -> task<> {
    const once first;
    slow_body body;
    record waiter{nullptr};
    go([&]() -> task<> { co_await first.call([&] { return body(); }); });
    co_await until([&] { return leash::testing::waits(body.runner); });
    go([&]() -> task<> {
      waiter = this_record();
      co_await first.call([] {});
    });
    co_await until_waits(waiter, wait_reason::once_do);
    EXPECT_EQ(targets_of(waiter),
              (std::vector<target>{{&object_of(first), set_of(capability::unlock)}}));
    EXPECT_EQ(able(object_of(first), capability::unlock),
              (std::vector<const void*>{body.runner.load()}));
    body.go_on.close();
    co_await until_alone();
    EXPECT_TRUE(able(object_of(first), capability::unlock).empty());
  });
}

// Go has this deadlock too: a body that calls its own once waits for itself.
TEST_P(Once, ABodyThatCallsItsOwnOnceWaitsForItself) {
  run([]() -> task<> {
    const once first;
    const cancelable_context owner = with_cancel(background());
    record who{nullptr};
    go(owner, [&]() -> task<> {
      co_await first.call([&]() -> task<> {
        who = this_record();
        co_await first.call([] {});
        ADD_FAILURE() << "it did not wait for itself";
      });
    });
    co_await until_waits(who, wait_reason::once_do);
    EXPECT_EQ(able(object_of(first), capability::unlock), (std::vector<const void*>{who.load()}));
    owner.cancel();
    co_await until_alone();
    EXPECT_FALSE(first.has_run());
  });
}

}  // namespace
