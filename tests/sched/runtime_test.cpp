#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <leash/leash.hpp>

#include "support/workers.hpp"

// A runtime inside a program that has threads of its own.

namespace {

using namespace leash;
using leash::testing::until;

class Embedded : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  runtime_options options() const { return {.processors = GetParam(), .leaks = leak_policy::off}; }
};
LEASH_OVER_WORKERS(Embedded);

TEST_P(Embedded, RunsWhatAnyThreadGivesItAndReturnsTheValue) {
  runtime rt(options());
  EXPECT_EQ(rt.run([]() -> task<int> { co_return 42; }), 42);
  EXPECT_EQ(*rt.run([]() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(7); }), 7);
  std::atomic<int> sum{0};
  std::vector<std::thread> threads;
  for (int i = 1; i <= 8; ++i)
    threads.emplace_back([&rt, &sum, i] {
      rt.run([&sum, i]() -> task<> {
        co_await this_goroutine::yield();
        sum += i;
      });
    });
  for (std::thread& each : threads) each.join();
  EXPECT_EQ(sum, 36);
}

TEST_P(Embedded, RethrowsWhatItsGoroutineThrows) {
  runtime rt(options());
  EXPECT_THROW(rt.run([]() -> task<> {
    co_await this_goroutine::yield();
    throw std::runtime_error("inside");
  }),
               std::runtime_error);
  EXPECT_EQ(rt.run([]() -> task<std::string> { co_return "goes on"; }), "goes on");
}

TEST_P(Embedded, StartsGoroutinesFromThreadsThatAreNoWorkers) {
  constexpr int many = 2000;
  runtime rt(options());
  channel<int> values(16);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&rt, values] {
      for (int i = 0; i < many; ++i)
        rt.go([](int number, send_channel<int> out) -> task<> { co_await out.send(number); }, i,
              values.sender());
    });
  const auto sum = rt.run([values]() -> task<long> {
    long total = 0;
    for (int i = 0; i < 4 * many; ++i) total += *co_await values.receive();
    co_return total;
  });
  for (std::thread& each : threads) each.join();
  EXPECT_EQ(sum, 4L * many * (many - 1) / 2);
}

TEST_P(Embedded, UnwindsWhatIsLeftWhenItIsDestroyed) {
  std::atomic<int> unwound{0};
  struct witness {
    std::atomic<int>* count;
    ~witness() { *count += unwinding() ? 1 : 100; }
  };
  const memory_usage before = memory();
  {
    runtime rt(options());
    const channel<> started(10);
    for (int i = 0; i < 10; ++i)
      rt.go([&unwound, started]() -> task<> {
        const witness here{&unwound};
        co_await started.send();
        co_await channel<>().receive();
      });
    rt.run([started]() -> task<> {
      for (int i = 0; i < 10; ++i) co_await started.receive();
    });
    EXPECT_EQ(unwound, 0);
  }
  EXPECT_EQ(unwound, 10);
  EXPECT_EQ(num_goroutines(), 0u);
  EXPECT_EQ(memory().live_frames, before.live_frames);
}

TEST_P(Embedded, MayStandBesideOthers) {
  runtime one(options());
  runtime other(options());
  const channel<int> between;
  one.go([between, &other]() -> task<> {
    // From a goroutine of one runtime into another.
    other.go([between]() -> task<> { co_await between.send(5); });
    co_return;
  });
  EXPECT_EQ(one.run([between]() -> task<int> { co_return *co_await between.receive(); }), 5);
  EXPECT_EQ(leash::run(
                [between]() -> task<int> {
                  go([between]() -> task<> { co_await between.send(6); });
                  co_return *co_await between.receive();
                },
                options()),
            6);
}

TEST_P(Embedded, RefusesToBlockAWorker) {
  runtime rt(options());
  rt.run([&rt]() -> task<> {
    try {
      rt.run([]() -> task<> { co_return; });
      ADD_FAILURE() << "a worker waited for itself";
    } catch (const error& refused) {
      EXPECT_EQ(refused.code(), errc::blocks_worker);
    }
    co_return;
  });
}

TEST_P(Embedded, StopsAtOnceWhenItHasNothingToDo) {
  for (int i = 0; i < 50; ++i) {
    const runtime idle(options());
  }
}

TEST(EmbeddedDeathTest, SaysThatAWorkerMayNotDestroyIt) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_DEATH(
      {
        auto* rt = new runtime({.processors = 1, .leaks = leak_policy::off});
        rt->run([rt]() -> task<> {
          delete rt;
          co_return;
        });
      },
      "destroyed on one of its own workers");
}

}  // namespace
