#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include <leash/leash.hpp>

#include "support/sleeping_threads.hpp"
#include "support/workers.hpp"

namespace leash {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ExitedWithCode;
using ::testing::HasSubstr;

constexpr const char* verdict = "fatal error: all goroutines are asleep - deadlock!";

class Deadlock : public testing::OverWorkers {};
LEASH_OVER_WORKERS(Deadlock);

task<> receive_from(channel<> from) { co_await from.receive(); }

TEST_P(Deadlock, OfMainAloneEndsTheProgramAsGoDoes) {
  EXPECT_EXIT(run([]() -> task<> { co_await channel<int>().receive(); }), ExitedWithCode(2),
              AllOf(HasSubstr(verdict), HasSubstr("goroutine 1 [chan receive]:"),
                    HasSubstr("deadlock_test.cpp:")));
}

TEST_P(Deadlock, ShowsAllTraces) {
  EXPECT_EXIT(run([]() -> task<> {
                const channel<> nobody_sends;
                go(receive_from, nobody_sends);
                co_await nobody_sends.receive();
              }),
              ExitedWithCode(2), AllOf(HasSubstr(verdict), HasSubstr("receive_from")));
}

TEST_P(Deadlock, IsFoundAmongMoreGoroutinesThanALocalProofLooksAt) {
  EXPECT_EXIT(
      run([]() -> task<> {
        wait_group all;
        const channel<> nobody_sends;
        for (int i = 0; i < 1000; ++i)
          go([token = all.token(), nobody_sends]() -> task<> { co_await nobody_sends.receive(); });
        co_await all.wait();
      }),
      ExitedWithCode(2), HasSubstr(verdict));
}

TEST_P(Deadlock, OfTwoMutexesInOppositeOrder) {
  EXPECT_EXIT(run([]() -> task<> {
                mutex a;
                mutex b;
                wait_group both_have_one;
                const auto take = [](mutex& first, mutex& second, wait_group_token mine,
                                     wait_group& both) -> task<> {
                  const auto one = co_await first.lock();
                  mine.done();
                  co_await both.wait();
                  const auto other = co_await second.lock();
                };
                co_await with_scope([&](scope& s) -> task<> {
                  s.go([&, t = both_have_one.token()]() mutable {
                    return take(a, b, std::move(t), both_have_one);
                  });
                  s.go([&, t = both_have_one.token()]() mutable {
                    return take(b, a, std::move(t), both_have_one);
                  });
                  co_return;
                });
              }),
              ExitedWithCode(2), AllOf(HasSubstr(verdict), HasSubstr("[sync.Mutex.Lock]")));
}

TEST_P(Deadlock, IsDeclaredWhenTheLastSleeperHasEnded) {
  EXPECT_EXIT(run([]() -> task<> {
                go([]() -> task<> {
                  co_await sleep(20ms);
                  std::fputs("slept\n", stderr);
                });
                co_await channel<int>().receive();
              }),
              ExitedWithCode(2), HasSubstr("slept\nfatal error: all goroutines are asleep"));
}

TEST_P(Deadlock, ComesAtOnceInVirtualTime) {
  EXPECT_EXIT(leash::run(
                  []() -> task<> {
                    go([]() -> task<> { co_await sleep(24h); });
                    co_await channel<int>().receive();
                  },
                  {.processors = GetParam(), .leaks = leak_policy::off, .virtual_time = true}),
              ExitedWithCode(2), HasSubstr(verdict));
}

TEST_P(Deadlock, IsNoneWhileAPlainThreadHasAHandle) {
  const channel<int> answers;
  std::atomic<bool> begun{false};
  bool all_sleep = false;
  std::thread late([&, answers] {
    while (!begun) std::this_thread::yield();
    all_sleep = test::wait_until_all_other_threads_sleep();
    answers.send_blocking(7);
  });
  EXPECT_EQ(run([&]() -> task<int> {
              begun = true;
              co_return (co_await answers.receive()).value();
            }),
            7);
  late.join();
  EXPECT_TRUE(all_sleep);
}

TEST_P(Deadlock, IsNoneOfAMainThatRestsWhileOthersRun) {
  EXPECT_EXIT(run([]() -> task<> {
                go([]() -> task<> {
                  co_await sleep(20ms);
                  std::exit(0);
                });
                co_await select();
              }),
              ExitedWithCode(0), "");
}

// The thread that waits in runtime::run() is not the whole program.
TEST_P(Deadlock, IsNoneOfAnEmbeddedRuntime) {
  EXPECT_EXIT(
      {
        runtime embedded({.processors = GetParam(), .leaks = leak_policy::off});
        std::atomic<bool> begun{false};
        embedded.go([&]() -> task<> {
          begun = true;
          co_await channel<int>().receive();
        });
        while (!begun) std::this_thread::yield();
        std::_Exit(test::wait_until_all_other_threads_sleep() ? 0 : 1);
      },
      ExitedWithCode(0), "");
}

}  // namespace
}  // namespace leash
