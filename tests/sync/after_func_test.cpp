#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "support/expect_error.hpp"
#include "support/workers.hpp"

#include <leash/leash.hpp>

namespace {

using namespace leash;
using namespace std::chrono_literals;
using leash::testing::expect_error;
using leash::testing::until;
using leash::testing::until_alone;

class AfterFunc : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(AfterFunc);

TEST_P(AfterFunc, RunsWhenItsContextIsCancelled) {
  run([]() -> task<> {
    const channel<> ran;
    const cancelable_context owner = with_cancel(background());
    after_func(owner, [ran]() -> task<> { co_await ran.send(); });
    EXPECT_EQ(num_goroutines(), 1u);
    EXPECT_EQ(ran.try_receive(), op_status::would_block);
    owner.cancel();
    EXPECT_TRUE(co_await ran.receive());
    co_await until_alone();
  });
}

TEST_P(AfterFunc, RunsAtOnceWhenTheContextIsDoneAlready) {
  run([]() -> task<> {
    const channel<> ran;
    const cancelable_context owner = with_cancel(background());
    owner.cancel();
    const auto stop = after_func(owner, [ran]() -> task<> { co_await ran.send(); });
    EXPECT_FALSE(stop());
    EXPECT_TRUE(co_await ran.receive());
    co_await until_alone();
  });
}

TEST_P(AfterFunc, ThatIsStoppedDoesNotRun) {
  run([]() -> task<> {
    const auto kept = std::make_shared<int>(1);
    std::atomic<int> runs{0};
    const cancelable_context owner = with_cancel(background());
    const auto stop = after_func(owner, [kept, &runs]() -> task<> {
      ++runs;
      co_return;
    });
    EXPECT_EQ(kept.use_count(), 2);
    EXPECT_TRUE(stop());
    EXPECT_EQ(kept.use_count(), 1);
    EXPECT_FALSE(stop());
    owner.cancel();
    EXPECT_EQ(num_goroutines(), 1u);
    EXPECT_FALSE(stop());
    co_await this_goroutine::yield();
    EXPECT_EQ(runs, 0);
  });
}

// Whoever cancels goes on, also when the function waits for that.
TEST_P(AfterFunc, IsAGoroutineOfItsOwn) {
  run([]() -> task<> {
    const channel<> line;
    const cancelable_context owner = with_cancel(background());
    after_func(owner, [line]() -> task<> {
      co_await line.receive();
      EXPECT_FALSE(this_goroutine::context().is_done());  // it is on no leash
      co_await line.send();
    });
    owner.cancel();
    co_await line.send();
    co_await line.receive();
    co_await until_alone();
  });
}

TEST(AfterFuncInTime, RunsWhenTheDeadlineHasPassed) {
  run(
      []() -> task<> {
        const channel<std::chrono::nanoseconds> ran;
        const auto began = now();
        const cancelable_context owner = with_timeout(background(), 10ms);
        after_func(owner, [=]() -> task<> { co_await ran.send(now() - began); });
        EXPECT_EQ(co_await ran.receive(), 10ms);
      },
      leash::testing::virtual_time);
}

TEST_P(AfterFunc, RunsWhenAPlainThreadEndsTheContext) {
  run([]() -> task<> {
    const channel<> ran;
    cancelable_context owner = with_cancel(background());
    after_func(owner, [ran]() -> task<> { co_await ran.send(); });
    std::thread canceller([given = std::move(owner)] { given.cancel(); });
    co_await ran.receive();
    canceller.join();
    co_await until_alone();
  });
}

struct name {
  using type = int;
};

TEST_P(AfterFunc, RunsForAViewThatIsGoneWhenWhatEndsItEnds) {
  run([]() -> task<> {
    const channel<> ran;
    const cancelable_context owner = with_cancel(background());
    after_func(with_value<name>(owner, 3), [ran]() -> task<> { co_await ran.send(); });
    owner.cancel();
    co_await ran.receive();
    co_await until_alone();
  });
}

TEST_P(AfterFunc, OfAScopeRunsWhenTheScopeIsOver) {
  run([]() -> task<> {
    const channel<> ran;
    context seen;
    co_await with_scope([&](scope& s) -> task<> {
      seen = s.context();
      after_func(s.context(), [ran]() -> task<> { co_await ran.send(); });
      co_return;
    });
    EXPECT_TRUE(seen.is_done());
    co_await ran.receive();
    co_await until_alone();
  });
}

TEST_P(AfterFunc, IsCalledInItsOwnGoroutineAndMayGiveAValueThatIsDropped) {
  run([]() -> task<> {
    std::atomic<std::uint64_t> called_in{0};
    const cancelable_context owner = with_cancel(background());
    const auto give = []() -> task<int> { co_return 7; };
    after_func(owner, [&called_in, give] {
      called_in = this_goroutine::id();
      return give();
    });
    owner.cancel();
    co_await until([&] { return called_in != 0; });
    EXPECT_NE(called_in, this_goroutine::id());
    co_await until_alone();
  });
}

TEST_P(AfterFunc, OfWhatIsNeverDoneNeverRunsAndIsNotKept) {
  run([]() -> task<> {
    const auto kept = std::make_shared<int>(1);
    const auto function = [kept]() -> task<> { co_return; };
    {
      const auto stop = after_func(background(), function);
      EXPECT_EQ(kept.use_count(), 3);
      EXPECT_TRUE(stop());
      EXPECT_FALSE(stop());
    }
    const cancelable_context owner = with_cancel(background());
    after_func(without_cancel(owner), function);
    EXPECT_EQ(kept.use_count(), 2);
    co_return;
  });
}

TEST_P(AfterFunc, EveryOneOfManyRunsOrWasStopped) {
  run([]() -> task<> {
    for (int round = 0; round < 50; ++round) {
      std::atomic<int> ran{0};
      std::atomic<int> stopped{0};
      const cancelable_context owner = with_cancel(background());
      std::vector<after_func_stop> stops;
      for (int i = 0; i < 20; ++i)
        stops.push_back(after_func(owner, [&ran]() -> task<> {
          ++ran;
          co_return;
        }));
      go([&owner]() -> task<> {
        owner.cancel();
        co_return;
      });
      go([&]() -> task<> {
        for (const auto& stop : stops) stopped += stop() ? 1 : 0;
        co_return;
      });
      co_await until_alone();
      EXPECT_EQ(ran + stopped, 20);
    }
  });
}

// The cancel by a destructor of main's frame, whose goroutines are unwound afterwards.
TEST_P(AfterFunc, OfAContextThatEndsWithMainStillBegins) {
  std::atomic<int> began{0};
  std::atomic<int> ended{0};
  run([&]() -> task<> {
    const cancelable_context owner = with_cancel(background());
    after_func(owner, [&]() -> task<> {
      ++began;
      co_await channel<>().receive();
      ++ended;
    });
    co_return;
  });
  EXPECT_EQ(began, 1);
  EXPECT_EQ(ended, 0);
  EXPECT_EQ(num_goroutines(), 0u);
}

TEST_P(AfterFunc, WhoseRuntimeHasEndedIsDropped) {
  const auto kept = std::make_shared<int>(1);
  std::atomic<int> runs{0};
  std::optional<cancelable_context> owner;
  run([&]() -> task<> {
    owner = with_cancel(background());
    after_func(*owner, [kept, &runs]() -> task<> {
      ++runs;
      co_return;
    });
    co_return;
  });
  EXPECT_EQ(kept.use_count(), 2);
  owner->cancel();
  EXPECT_EQ(kept.use_count(), 1);
  EXPECT_EQ(runs, 0);
}

// The end of the runtime against the end of the context: it runs as a whole, or not at all.
TEST_P(AfterFunc, RunsOrIsDroppedWhenItsRuntimeEndsAtTheSameTime) {
  for (int round = 0; round < 50; ++round) {
    const auto kept = std::make_shared<int>(1);
    std::thread canceller;
    run([&]() -> task<> {
      cancelable_context owner = with_cancel(background());
      after_func(owner, [kept]() -> task<> { co_return; });
      canceller = std::thread([given = std::move(owner)] { given.cancel(); });
      co_return;
    });
    canceller.join();
    EXPECT_EQ(kept.use_count(), 1);
    EXPECT_EQ(num_goroutines(), 0u);
  }
}

TEST_P(AfterFunc, RunsInTheRuntimeThatItWasSaidIn) {
  runtime elsewhere({.processors = 1, .leaks = leak_policy::off});
  run([&]() -> task<> {
    const channel<> ran;
    const cancelable_context owner = with_cancel(background());
    after_func(owner, [ran]() -> task<> { co_await ran.send(); });
    elsewhere.go([&owner]() -> task<> {
      owner.cancel();
      co_return;
    });
    co_await ran.receive();
    co_await until_alone();
  });
}

TEST(AfterFuncOutside, IsRefusedOutsideGoroutines) {
  const cancelable_context owner = with_cancel(background());
  expect_error(errc::no_runtime, [&] { after_func(owner, []() -> task<> { co_return; }); });
}

}  // namespace
