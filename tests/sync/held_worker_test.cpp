#include <gtest/gtest.h>

#include <atomic>
#include <chrono>

#include <leash/leash.hpp>

#include "support/compute_until.hpp"
#include "support/workers.hpp"

// A goroutine that computes holds its worker. Another worker that has nothing to do must see to timers
// and to what the holder has made ready.

namespace {

using namespace leash;
using namespace std::chrono_literals;

constexpr runtime_options two_workers{.processors = 2, .leaks = leak_policy::off};
constexpr int rounds = 100;

bool compute_until(const std::atomic<bool>& flag) {
  return leash::test::compute_until([&flag] { return flag.load(); });
}

TEST(AHeldWorker, DoesNotKeepTimersFromFiring) {
  run(
      []() -> task<> {
        for (int i = 0; i < rounds && !::testing::Test::HasFailure(); ++i) {
          std::atomic<bool> fired{false};
          co_await with_scope([&](scope& s) -> task<> {
            s.go([&]() -> task<> {
              co_await sleep(2ms);
              fired = true;
            });
            s.go([&]() -> task<> {
              co_await sleep(1ms);
              EXPECT_TRUE(compute_until(fired)) << "round " << i;
            });
            co_return;
          });
        }
      },
      two_workers);
}

TEST(AHeldWorker, DoesNotKeepWhatItMadeReady) {
  run(
      []() -> task<> {
        for (int i = 0; i < rounds && !::testing::Test::HasFailure(); ++i) {
          std::atomic<bool> received{false};
          channel<int> values;
          co_await with_scope([&](scope& s) -> task<> {
            s.go([&]() -> task<> {
              co_await values.receive();
              received = true;
            });
            s.go([&]() -> task<> {
              co_await sleep(1ms);  // the receiver waits by now, and the other worker sleeps
              co_await values.send(1);
              EXPECT_TRUE(compute_until(received)) << "round " << i;
            });
            co_return;
          });
        }
      },
      two_workers);
}

// Workers that have seen nothing but short turns leave what stands behind one to its worker: but not when that one
// takes long after all.
class AfterManyShortTurns : public leash::testing::OverWorkers {};

TEST_P(AfterManyShortTurns, LongOnesRunOnAllWorkers) {
  const int workers = static_cast<int>(GetParam());
  run([workers]() -> task<> {
    for (int i = 0; i < 10 && !HasFailure(); ++i) {
      co_await with_scope([](scope& s) -> task<> {
        for (int n = 0; n < 8; ++n)
          s.go([]() -> task<> {
            for (int turn = 0; turn < 1000; ++turn) co_await this_goroutine::yield();
          });
        co_return;
      });
      std::atomic<int> computing{0};
      std::atomic<bool> all{false};
      co_await with_scope([&](scope& s) -> task<> {
        for (int n = 0; n < workers; ++n)
          s.go([&]() -> task<> {
            if (++computing == workers) all = true;
            EXPECT_TRUE(compute_until(all)) << "round " << i << ": " << computing << " run";
            co_return;
          });
        co_return;
      });
    }
  });
}
LEASH_OVER_WORKERS(AfterManyShortTurns);

}  // namespace
