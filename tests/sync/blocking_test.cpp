#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>

#include "support/expect_error.hpp"
#include "support/waits.hpp"
#include "support/workers.hpp"

#include <leash/leash.hpp>

namespace {

using namespace leash;
using namespace std::chrono_literals;
using leash::testing::expect_error;
using leash::testing::record;
using leash::testing::this_record;
using leash::testing::until;
using leash::testing::until_alone;
using leash::testing::until_waits;

// A thread passes when somebody has opened it.
class gate {
 public:
  void open() {
    {
      const std::lock_guard guard(lock_);
      open_ = true;
    }
    changed_.notify_all();
  }
  void pass() {
    std::unique_lock guard(lock_);
    ++arrived;
    changed_.wait(guard, [this] { return open_; });
  }
  std::atomic<int> arrived{0};

 private:
  std::mutex lock_;
  std::condition_variable changed_;
  bool open_ = false;
};

// Says when it is destroyed.
struct witness {
  std::atomic<bool>* gone;
  explicit witness(std::atomic<bool>& into) : gone(&into) {}
  witness(witness&&) = delete;
  ~witness() { *gone = true; }
};

class Blocking : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(Blocking);

TEST_P(Blocking, GivesWhatTheFunctionReturns) {
  run([]() -> task<> {
    const std::string text = "seven";
    EXPECT_EQ(co_await blocking([&] { return text.size(); }), 5u);
    auto moved = co_await blocking([] { return std::make_unique<int>(7); });
    EXPECT_EQ(*moved, 7);
    bool called = false;
    co_await blocking([&] { called = true; });
    EXPECT_TRUE(called);
  });
}

TEST_P(Blocking, RethrowsWhatTheFunctionThrows) {
  run([]() -> task<> {
    const auto fails = []() -> int { throw std::runtime_error("no such file"); };
    bool thrown = false;
    try {
      co_await blocking(fails);
    } catch (const std::runtime_error& failure) {
      thrown = std::string(failure.what()) == "no such file";
    }
    EXPECT_TRUE(thrown);
  });
}

TEST_P(Blocking, CallsTheFunctionOnAThreadThatRunsNoGoroutines) {
  run([]() -> task<> {
    const auto here = std::this_thread::get_id();
    co_await blocking([&] {
      EXPECT_NE(std::this_thread::get_id(), here);
      EXPECT_EQ(this_goroutine::id(), 0u);
      expect_error(errc::no_runtime, [] { go([]() -> task<> { co_return; }); });
    });
  });
}

TEST_P(Blocking, LetsOthersRunMeanwhile) {
  run([]() -> task<> {
    gate held;
    go([&held]() -> task<> {
      co_await this_goroutine::yield();
      held.open();
    });
    co_await blocking([&] { held.pass(); });
    co_await until_alone();
  });
}

TEST_P(Blocking, TheFunctionMayUseChannelsOfTheFrameThatWaits) {
  run([]() -> task<> {
    const channel<int> line;
    go([line]() -> task<> { co_await line.send(3); });
    EXPECT_EQ(co_await blocking([&] { return *line.receive_blocking(); }), 3);
    co_await until_alone();
  });
}

TEST_P(Blocking, IsShownAsItsOwnReasonAndIsEndedFromOutside) {
  run([]() -> task<> {
    gate held;
    record waiting{nullptr};
    go([&]() -> task<> {
      waiting = this_record();
      co_await blocking([&] { held.pass(); });
    });
    co_await until_waits(waiting, detail::wait_reason::blocking);
    EXPECT_STREQ(text_of(waiting.load()->reason.load()), "blocking");
    EXPECT_TRUE(waiting.load()->external.load());
    EXPECT_TRUE(leash::testing::targets_of(waiting).empty());
    held.open();
    co_await until_alone();
  });
}

TEST_P(Blocking, ManyRunAtTheSameTime) {
  constexpr int many = 20;
  run([]() -> task<> {
    gate all;
    for (int i = 0; i < many; ++i)
      go([&all]() -> task<> { co_await blocking([&] { all.pass(); }); });
    co_await until([&] { return all.arrived == many; });
    EXPECT_GE(blocking_threads(), std::size_t{many});
    all.open();
    co_await until_alone();
  });
}

TEST_P(Blocking, CallsEveryFunctionOnce) {
  run([]() -> task<> {
    std::atomic<int> calls{0};
    for (int i = 0; i < 200; ++i)
      go([&calls]() -> task<> {
        for (int k = 0; k < 5; ++k) co_await blocking([&] { ++calls; });
      });
    co_await until_alone();
    EXPECT_EQ(calls, 1000);
  });
}

// Other limits while it lives. The threads of before are gone first.
class other_limits {
 public:
  explicit other_limits(const blocking_limits& limits) {
    set_blocking_limits({.threads = 1, .idle = 0ms});
    while (blocking_threads() != 0) std::this_thread::yield();
    set_blocking_limits(limits);
  }
  other_limits(other_limits&&) = delete;
  ~other_limits() { set_blocking_limits({}); }
};

TEST_P(Blocking, BeyondTheLimitWaitsForAThread) {
  const other_limits two({.threads = 2});
  run([]() -> task<> {
    gate held;
    std::atomic<int> ended{0};
    for (int i = 0; i < 5; ++i)
      go([&]() -> task<> {
        co_await blocking([&] { held.pass(); });
        ++ended;
      });
    co_await until([&] { return held.arrived == 2; });
    EXPECT_EQ(blocking_threads(), 2u);
    held.open();
    co_await until_alone();
    EXPECT_EQ(ended, 5);
    EXPECT_EQ(blocking_threads(), 2u);
  });
}

TEST_P(Blocking, ThreadsWithNothingToDoEnd) {
  const other_limits soon({.idle = 0ms});
  run([]() -> task<> {
    co_await blocking([] {});
    co_await until([] { return blocking_threads() == 0; });
    EXPECT_EQ(co_await blocking([] { return 1; }), 1);
  });
}

TEST(BlockingLimits, RefuseNoThreads) {
  expect_error(errc::bad_option, [] { set_blocking_limits({.threads = 0}); });
}

// Cancels.

TEST_P(Blocking, CancelledBeforeDoesNotBegin) {
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

TEST_P(Blocking, CancelledWhileTheFunctionRunsWaitsForItAndIsUnwoundThen) {
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

TEST_P(Blocking, CancelledWhileItWaitsForAThreadDoesNotBegin) {
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
    co_await until_waits(waiting, detail::wait_reason::blocking);
    owner.cancel();
    co_await until([] { return num_goroutines() == 2; });
    held.open();
    co_await until_alone();
    EXPECT_FALSE(called);
  });
}

TEST_P(Blocking, CancelledFromTheFunctionItself) {
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

// A cancel at the same instant as the return: it goes on or is unwound, and every frame is gone.
TEST_P(Blocking, CancelledAsTheFunctionReturns) {
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

TEST_P(Blocking, CancelledByAPlainThread) {
  run([]() -> task<> {
    gate held;
    cancelable_context owner = with_cancel(background());
    go(owner, [&held]() -> task<> { co_await blocking([&] { held.pass(); }); });
    co_await until([&] { return held.arrived == 1; });
    std::thread canceller([given = std::move(owner)] { given.cancel(); });
    canceller.join();
    held.open();
    co_await until_alone();
  });
}

TEST_P(Blocking, UnderAShieldGoesOnToItsEnd) {
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

TEST_P(Blocking, AScopeWaitsForTheFunctionOfAChildThatItCancels) {
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

// The end of run() is no different from a cancel.
TEST_P(Blocking, RunReturnsWhenTheFunctionsHaveReturned) {
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

TEST_P(Blocking, ACleanUpMayBlockAsWell) {
  run([]() -> task<> {
    std::atomic<bool> cleaned{false};
    record waiting{nullptr};
    const cancelable_context owner = with_cancel(background());
    go(owner, [&]() -> task<> {
      waiting = this_record();
      co_await with_cleanup([]() -> task<> { co_await channel<>().receive(); },
                            [&]() -> task<> { co_await blocking([&] { cleaned = true; }); });
    });
    co_await until_waits(waiting, detail::wait_reason::chan_receive);
    owner.cancel();
    co_await until_alone();
    EXPECT_TRUE(cleaned);
  });
}

}  // namespace
