#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "support/blocking_pool.hpp"
#include "support/waits.hpp"

#include <leash/leash.hpp>

// What a cancel does to who waits for a blocking function: the function is not called, or has returned before the
// frame goes.

namespace {

using namespace leash;
using detail::wait_reason;
using leash::testing::gate;
using leash::testing::other_limits;
using leash::testing::record;
using leash::testing::this_record;
using leash::testing::until;
using leash::testing::until_alone;
using leash::testing::until_waits;

// Says when it is destroyed.
struct witness {
  std::atomic<bool>* gone;
  explicit witness(std::atomic<bool>& into) : gone(&into) {}
  witness(witness&&) = delete;
  ~witness() { *gone = true; }
};

class BlockingCancel : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(BlockingCancel);

TEST_P(BlockingCancel, BeforeTheWaitTheFunctionIsNotCalled) {
  run([]() -> task<> {
    std::atomic<bool> called{false};
    const cancelable_context owner = with_cancel(background());
    go(owner, [&]() -> task<> {
      owner.cancel();
      co_await blocking([&] { called = true; });
    });
    co_await until_alone();
    EXPECT_FALSE(called);
  });
}

TEST_P(BlockingCancel, DuringTheCallTheFrameStaysUntilItReturns) {
  run([]() -> task<> {
    gate held;
    std::atomic<bool> unwound{false};
    bool went_on = false;
    const cancelable_context owner = with_cancel(background());
    go(owner, [&]() -> task<> {
      const witness here(unwound);
      const auto used = std::make_unique<std::string>("still here");
      co_await blocking([&] {
        held.pass();
        EXPECT_EQ(*used, "still here");
        EXPECT_FALSE(unwound);
      });
      went_on = true;
    });
    co_await until([&] { return held.arrived == 1; });
    owner.cancel();
    for (int i = 0; i < 10; ++i) co_await this_goroutine::yield();
    EXPECT_FALSE(unwound);
    EXPECT_EQ(num_goroutines(), 2u);
    held.open();
    co_await until_alone();
    EXPECT_TRUE(unwound);
    EXPECT_FALSE(went_on);
  });
}

TEST_P(BlockingCancel, DuringTheWaitForAThreadTheFunctionIsNotCalled) {
  const other_limits one({.threads = 1});
  run([]() -> task<> {
    gate held;
    std::atomic<bool> called{false};
    go([&held]() -> task<> { co_await blocking([&] { held.pass(); }); });
    co_await until([&] { return held.arrived == 1; });
    record waiting{nullptr};
    const cancelable_context owner = with_cancel(background());
    go(owner, [&]() -> task<> {
      waiting = this_record();
      co_await blocking([&] { called = true; });
    });
    co_await until_waits(waiting, wait_reason::blocking);
    owner.cancel();
    co_await until([] { return num_goroutines() == 2; });
    held.open();
    co_await until_alone();
    EXPECT_FALSE(called);
  });
}

TEST_P(BlockingCancel, FromTheFunctionItself) {
  run([]() -> task<> {
    bool went_on = false;
    std::atomic<bool> unwound{false};
    const cancelable_context owner = with_cancel(background());
    go(owner, [&]() -> task<> {
      const witness here(unwound);
      co_await blocking([&owner] { owner.cancel(); });
      went_on = true;
    });
    co_await until_alone();
    EXPECT_TRUE(unwound);
    EXPECT_FALSE(went_on);
  });
}

// It goes on or is unwound, and every frame is gone.
TEST_P(BlockingCancel, AtTheInstantOfTheReturnLosesNothing) {
  run([]() -> task<> {
    for (int round = 0; round < 200; ++round) {
      const auto counted = std::make_shared<int>(1);
      const cancelable_context owner = with_cancel(background());
      go(owner, [counted]() -> task<> {
        const auto given = co_await blocking([&counted] { return std::shared_ptr(counted); });
        EXPECT_EQ(given, counted);
      });
      if (round % 2 == 0) co_await this_goroutine::yield();
      owner.cancel();
      co_await until_alone();
      EXPECT_EQ(counted.use_count(), 1);
    }
  });
}

TEST_P(BlockingCancel, AfterTheReturnWhatItGaveIsDelivered) {
  run([]() -> task<> {
    gate held;
    record waiting{nullptr};
    int given = 0;
    const cancelable_context owner = with_cancel(background());
    go(owner, [&]() -> task<> {
      waiting = this_record();
      given = co_await blocking([&] {
        held.pass();
        return 7;
      });
      co_await channel<>().receive();
      ADD_FAILURE() << "a doomed goroutine went on";
    });
    co_await until_waits(waiting, wait_reason::blocking);
    const std::uint64_t word = waiting.load()->word;
    held.open();
    // Not until(): with one worker it does not run before it is cancelled.
    while (waiting.load()->word == word) std::this_thread::yield();
    owner.cancel();
    co_await until_alone();
    EXPECT_EQ(given, 7);
  });
}

TEST_P(BlockingCancel, FromADestructor) {
  struct at_end {
    const cancelable_context& other;
    ~at_end() { other.cancel(); }
  };
  run([]() -> task<> {
    gate held;
    std::atomic<bool> unwound{false};
    const cancelable_context owner = with_cancel(background());
    go(owner, [&]() -> task<> {
      const witness here(unwound);
      co_await blocking([&] { held.pass(); });
      ADD_FAILURE() << "a doomed goroutine went on";
    });
    co_await until([&] { return held.arrived == 1; });
    const cancelable_context first = with_cancel(background());
    record holds{nullptr};
    go(first, [&]() -> task<> {
      const at_end last{owner};
      holds = this_record();
      co_await channel<>().receive();
    });
    co_await until_waits(holds, wait_reason::chan_receive);
    first.cancel();
    co_await owner.context().done();
    EXPECT_FALSE(unwound);
    held.open();
    co_await until_alone();
    EXPECT_TRUE(unwound);
  });
}

TEST_P(BlockingCancel, FromAnotherThreadAndTwice) {
  run([]() -> task<> {
    gate held;
    cancelable_context owner = with_cancel(background());
    go(owner, [&held]() -> task<> { co_await blocking([&] { held.pass(); }); });
    co_await until([&] { return held.arrived == 1; });
    std::thread canceller([given = std::move(owner)] {
      given.cancel();
      given.cancel();
    });
    canceller.join();
    EXPECT_EQ(num_goroutines(), 2u);
    held.open();
    co_await until_alone();
  });
}

TEST_P(BlockingCancel, UnderAShieldIsPutOff) {
  run([]() -> task<> {
    gate held;
    std::atomic<int> value{0};
    const cancelable_context owner = with_cancel(background());
    go(owner, [&]() -> task<> {
      co_await shield([](gate& at, std::atomic<int>& into) -> task<> {
        into = co_await blocking([&] {
          at.pass();
          return 7;
        });
      }(held, value));
    });
    co_await until([&] { return held.arrived == 1; });
    owner.cancel();
    held.open();
    co_await until_alone();
    EXPECT_EQ(value, 7);
  });
}

TEST_P(BlockingCancel, OfAChildOfAScopeIsWaitedFor) {
  run([]() -> task<> {
    gate held;
    std::atomic<bool> unwound{false};
    bool failed = false;
    try {
      co_await with_scope([&](scope& s) -> task<> {
        s.go([&]() -> task<> {
          const witness here(unwound);
          co_await blocking([&] { held.pass(); });
        });
        co_await until([&] { return held.arrived == 1; });
        go([&held]() -> task<> {
          co_await this_goroutine::yield();
          held.open();
        });
        throw std::runtime_error("enough");
      });
    } catch (const std::runtime_error&) {
      failed = true;
    }
    EXPECT_TRUE(failed);
    EXPECT_TRUE(unwound);
    co_await until_alone();
  });
}

TEST_P(BlockingCancel, ByTheEndOfRunIsWaitedFor) {
  gate held;
  std::atomic<bool> returned{false};
  std::atomic<bool> unwound{false};
  std::thread opener;
  run([&]() -> task<> {
    go([&]() -> task<> {
      const witness here(unwound);
      co_await blocking([&] {
        held.pass();
        returned = true;
      });
    });
    co_await until([&] { return held.arrived == 1; });
    opener = std::thread([&] { held.open(); });
  });
  EXPECT_TRUE(returned);
  EXPECT_TRUE(unwound);
  opener.join();
}

TEST_P(BlockingCancel, LetsTheCleanUpCallOne) {
  run([]() -> task<> {
    std::atomic<bool> cleaned{false};
    record waiting{nullptr};
    const cancelable_context owner = with_cancel(background());
    go(owner, [&]() -> task<> {
      waiting = this_record();
      co_await with_cleanup([]() -> task<> { co_await channel<>().receive(); },
                            [&]() -> task<> { co_await blocking([&] { cleaned = true; }); });
    });
    co_await until_waits(waiting, wait_reason::chan_receive);
    owner.cancel();
    co_await until_alone();
    EXPECT_TRUE(cleaned);
  });
}

}  // namespace
