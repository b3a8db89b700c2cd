#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <optional>

#include "support/workers.hpp"

#include <leash/leash.hpp>

// A goroutine whose operations are always over at once yields all the same, after 128 of them.

namespace {

using namespace leash;
using leash::testing::until_alone;

constexpr int slice = 128;

// Runs `operate` over and over; another goroutine, which is ready all the time, has its turn in between.
template <class Operate>
void expect_others_to_run(Operate operate) {
  leash::run(
      [&operate]() -> task<> {
        constexpr int times = 20 * slice;
        std::atomic<int> done{0};
        int turns = 0;
        int longest = 0;
        go([&]() -> task<> {
          for (; done < times; ++done) co_await operate();
        });
        go([&]() -> task<> {
          while (done < times) {
            const int before = done;
            co_await this_goroutine::yield();
            longest = std::max(longest, done.load() - before);
            ++turns;
          }
        });
        co_await until_alone();
        EXPECT_GE(turns, times / slice - 1);
        EXPECT_LE(longest, slice);
      },
      {.processors = 1, .leaks = leak_policy::off});
}

TEST(Fairness, OfABufferedChannel) {
  const channel<int> values(2);
  expect_others_to_run([&]() -> task<> {
    co_await values.send(1);
    co_await values.receive();
  });
}

TEST(Fairness, OfASelect) {
  const channel<int> values(1);
  expect_others_to_run([&]() -> task<> {
    std::optional<int> value;
    co_await select(on_send(values, 1), on_receive(values, value));
    co_await select(on_receive(channel<>()), otherwise());
  });
}

TEST(Fairness, OfASelector) {
  const channel<> signals(1);
  expect_others_to_run([&]() -> task<> {
    selector any;
    any.add(on_send(signals));
    any.add(on_receive(signals));
    co_await any.wait();
  });
}

TEST(Fairness, OfADoneContext) {
  const cancelable_context owner = with_cancel(background());
  owner.cancel();
  expect_others_to_run([&]() -> task<> { co_await owner.context().done(); });
}

TEST(Fairness, OfAWaitGroup) {
  const wait_group nobody;
  expect_others_to_run([&]() -> task<> { co_await nobody.wait(); });
}

TEST(Fairness, OfAMutex) {
  const mutex lock;
  expect_others_to_run([&]() -> task<> { const auto held = co_await lock.lock(); });
}

TEST(Fairness, OfAJoin) {
  std::optional<join_handle<>> ended;
  expect_others_to_run([&]() -> task<> {
    if (!ended) {
      ended = spawn([]() -> task<> { co_return; });
      co_await leash::testing::until([&] { return ended->has_ended(); });
    }
    co_await ended->join();
  });
}

TEST(ThisGoroutine, IsNobodyOutside) {
  EXPECT_EQ(this_goroutine::id(), 0u);
  EXPECT_TRUE(this_goroutine::context() == background());
  EXPECT_FALSE(unwinding());
}

TEST(ThisGoroutine, KnowsItsContextAndNumber) {
  leash::run(
      []() -> task<> {
        EXPECT_TRUE(this_goroutine::context() == background());
        const cancelable_context owner = with_cancel(background());
        const auto joined = spawn(owner, [&owner]() -> task<std::uint64_t> {
          EXPECT_TRUE(this_goroutine::context() == owner.context());
          co_await this_goroutine::yield();
          co_await shield([](const cancelable_context& owner) -> task<> {
            EXPECT_TRUE(this_goroutine::context() == owner.context());
            co_return;
          }(owner));
          co_return this_goroutine::id();
        });
        EXPECT_NE(co_await joined.join(), this_goroutine::id());
      },
      {.processors = 1, .leaks = leak_policy::off});
}

// A yield puts the goroutine behind all others that can run.
TEST(ThisGoroutine, YieldsToEverybody) {
  leash::run(
      []() -> task<> {
        int ran = 0;
        for (int i = 0; i < 50; ++i)
          go([&ran]() -> task<> {
            ++ran;
            co_return;
          });
        co_await this_goroutine::yield();
        EXPECT_EQ(ran, 50);
      },
      {.processors = 1, .leaks = leak_policy::off});
}

}  // namespace
