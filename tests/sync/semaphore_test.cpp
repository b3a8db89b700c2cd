#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "support/expect_error.hpp"
#include "support/waits.hpp"

#include <leash/leash.hpp>

namespace {

using namespace leash;
using namespace std::chrono_literals;
using detail::capability;
using detail::wait_reason;
using leash::testing::able;
using leash::testing::expect_error;
using leash::testing::record;
using leash::testing::target;
using leash::testing::targets_of;
using leash::testing::this_record;
using leash::testing::until;
using leash::testing::until_alone;
using leash::testing::until_waits;

class Semaphore : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(Semaphore);

detail::object& object_of(const semaphore& named) {
  return *detail::semaphore_access::target(named);
}

TEST_P(Semaphore, LetsInNoMoreThanItHasPermits) {
  run([]() -> task<> {
    const semaphore permits(7);
    std::atomic<std::size_t> taken{0};
    for (std::size_t i = 0; i < 8; ++i)
      go([&, i]() -> task<> {
        for (int turn = 0; turn < 300; ++turn) {
          const semaphore::permit some = co_await permits.acquire(i);
          EXPECT_EQ(some.size(), i);
          EXPECT_LE(taken += i, 7u);
          if (turn % 8 == 0) co_await this_goroutine::yield();
          taken -= i;
        }
      });
    co_await until_alone();
    EXPECT_EQ(permits.available(), 7u);
  });
}

TEST_P(Semaphore, ServesWaitersFirstComeFirstServed) {
  run([]() -> task<> {
    const semaphore permits(3);
    std::vector<int> order;
    semaphore::permit all = co_await permits.acquire(3);
    for (int i = 0; i < 6; ++i) {
      record who{nullptr};
      go([&, i]() -> task<> {
        who = this_record();
        const semaphore::permit some = co_await permits.acquire(i % 2 == 0 ? 3 : 2);
        order.push_back(i);
      });
      co_await until_waits(who, wait_reason::semacquire);
    }
    all.release();
    EXPECT_TRUE(permits.try_acquire().is_empty()) << "somebody overtook those who wait";
    co_await until_alone();
    EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4, 5}));
  });
}

// Two small ones that come and go all the time do not keep out who wants everything.
TEST(SemaphoreWithVirtualTime, DoesNotStarveWhoWantsMany) {
  leash::run(
      []() -> task<> {
        const semaphore permits(2);
        bool running = true;
        for (int i = 0; i < 2; ++i)
          go([&]() -> task<> {
            while (running) {
              const semaphore::permit one = co_await permits.acquire();
              co_await sleep(1ms);
            }
          });
        co_await sleep(10ms);
        const auto begin = leash::now();
        {
          const semaphore::permit both = co_await permits.acquire(2);
          EXPECT_LE(leash::now() - begin, 2ms);
          running = false;
        }
        co_await sleep(10ms);
        EXPECT_EQ(num_goroutines(), 1u);
      },
      leash::testing::virtual_time);
}

TEST(SemaphoreWithVirtualTime, AnAcquireCanHaveATimeLimit) {
  leash::run(
      []() -> task<> {
        const semaphore permits(2);
        const auto try_for_a_while = [&]() -> task<bool> {
          const auto acquire = [&]() -> task<semaphore::permit> {
            co_return co_await permits.acquire();
          };
          try {
            const semaphore::permit one = co_await timeout(10ms, acquire());
            co_return !one.is_empty();
          } catch (const error& late) {
            EXPECT_EQ(late.code(), errc::timed_out);
            co_return false;
          }
        };
        semaphore::permit one = co_await permits.acquire();
        EXPECT_TRUE(co_await try_for_a_while());
        const semaphore::permit other = co_await permits.acquire();
        EXPECT_FALSE(co_await try_for_a_while());
        one.release();
        EXPECT_TRUE(co_await try_for_a_while());
        EXPECT_EQ(permits.available(), 1u);
      },
      leash::testing::virtual_time);
}

TEST(SemaphoreOfAnyThread, TryAcquireDoesNotWait) {
  const semaphore permits(2);
  EXPECT_EQ(permits.size(), 2u);
  semaphore::permit one = permits.try_acquire();
  EXPECT_TRUE(permits.try_acquire(2).is_empty());
  semaphore::permit other = permits.try_acquire();
  EXPECT_FALSE(one.is_empty() || other.is_empty());
  EXPECT_TRUE(permits.try_acquire().is_empty());
  EXPECT_EQ(permits.available(), 0u);
  one.release();
  other.release();
  EXPECT_EQ(permits.try_acquire(2).size(), 2u);
  EXPECT_EQ(permits.available(), 2u);
}

TEST(SemaphoreOfAnyThread, GivingBackWhatWasNotAcquiredThrows) {
  semaphore::permit never;
  expect_error(errc::not_locked, [&] { never.release(); });
  const semaphore permits(1);
  semaphore::permit one = permits.try_acquire();
  one.release();
  EXPECT_EQ(one.size(), 0u);
  expect_error(errc::not_locked, [&] { one.release(); });
  EXPECT_EQ(permits.available(), 1u);
}

TEST(SemaphoreOfAnyThread, RefusesToWaitForMoreThanItHas) {
  const semaphore permits(2);
  expect_error(errc::bad_option, [&] { static_cast<void>(permits.acquire(3)); });
  expect_error(errc::bad_option, [&] { static_cast<void>(permits.try_acquire(3)); });
  EXPECT_EQ(permits.available(), 2u);
}

TEST(SemaphoreOfAnyThread, APermitIsMovedWithWhatItHolds) {
  const semaphore permits(3);
  semaphore::permit first = permits.try_acquire(2);
  semaphore::permit second(std::move(first));
  // NOLINTNEXTLINE(bugprone-use-after-move): a moved-from permit is empty
  EXPECT_TRUE(first.is_empty());
  EXPECT_EQ(second.size(), 2u);
  const semaphore others(1);
  first = others.try_acquire();
  first = std::move(second);
  EXPECT_EQ(others.available(), 1u) << "a permit kept what it held before";
  EXPECT_EQ(permits.available(), 1u);
  first = semaphore::permit();
  EXPECT_EQ(permits.available(), 3u);
}

TEST(SemaphoreOfAnyThread, AnAbandonedPermitNeverComesBack) {
  const semaphore permits(1);
  semaphore::permit one = permits.try_acquire();
  one.abandon();
  EXPECT_TRUE(one.is_empty());
  EXPECT_EQ(permits.available(), 0u);
  EXPECT_TRUE(able(object_of(permits), capability::unlock).empty());
}

TEST(SemaphoreOfAnyThread, CopiesNameOneSemaphoreAndAMovedFromOneIsNil) {
  semaphore permits(1);
  const semaphore copy(permits);
  EXPECT_EQ(permits, copy);
  EXPECT_NE(permits, semaphore(1));
  const semaphore moved(std::move(permits));
  // NOLINTNEXTLINE(bugprone-use-after-move): a moved-from semaphore is nil
  EXPECT_TRUE(permits.is_nil());
  EXPECT_EQ(moved, copy);
  EXPECT_EQ(permits.size() + permits.available(), 0u);
  expect_error(errc::nil_handle, [&] { static_cast<void>(permits.acquire()); });
  expect_error(errc::nil_handle, [&] { static_cast<void>(permits.try_acquire()); });
}

TEST_P(Semaphore, APermitMayBeGivenBackOnAnotherThread) {
  run([]() -> task<> {
    const semaphore permits(1);
    std::thread outside([given = co_await permits.acquire()]() mutable { given.release(); });
    const semaphore::permit again = co_await permits.acquire();
    EXPECT_EQ(again.size(), 1u);
    outside.join();
  });
}

TEST(SemaphoreWithOneWorker, EndsATimeSlice) {
  leash::run(
      []() -> task<> {
        const semaphore permits(1);
        bool others_ran = false;
        go([&]() -> task<> {
          others_ran = true;
          co_return;
        });
        for (int turns = 0; turns < 1000 && !others_ran; ++turns) {
          const semaphore::permit one = co_await permits.acquire();
          EXPECT_EQ(one.size(), 1u);
        }
        EXPECT_TRUE(others_ran);
        EXPECT_EQ(permits.available(), 1u);
      },
      {.processors = 1, .leaks = leak_policy::off});
}

TEST_P(Semaphore, WaitersSayWhatTheyWaitFor) {
  run([]() -> task<> {
    const semaphore permits(2);
    semaphore::permit one = co_await permits.acquire();
    record first{nullptr};
    record second{nullptr};
    go([&]() -> task<> {
      first = this_record();
      const semaphore::permit both = co_await permits.acquire(2);
    });
    co_await until_waits(first, wait_reason::semacquire);
    go([&]() -> task<> {
      second = this_record();
      const semaphore::permit mine = co_await permits.acquire();
    });
    co_await until_waits(second, wait_reason::semacquire);
    EXPECT_STREQ(detail::text_of(first.load()->reason), "semacquire");
    EXPECT_EQ(targets_of(first),
              (std::vector<target>{{&object_of(permits), set_of(capability::unlock)}}));
    EXPECT_EQ(targets_of(second),
              (std::vector<target>{
                  {&object_of(permits), set_of(capability::unlock, capability::depart)}}));
    EXPECT_EQ(able(object_of(permits), capability::unlock),
              (std::vector<const void*>{this_record()}));
    EXPECT_EQ(able(object_of(permits), capability::depart).size(), 2u);
    one.release();
    co_await until_alone();
    EXPECT_TRUE(able(object_of(permits), capability::depart).empty());
  });
}

// Two goroutines that hold one permit each and want a second one.
TEST_P(Semaphore, ADeadlockStandsInTheRecords) {
  run([]() -> task<> {
    const semaphore permits(2);
    const cancelable_context owner = with_cancel(background());
    record who[2] = {nullptr, nullptr};
    std::atomic<int> holding{0};
    for (record& each : who)
      go(owner, [&]() -> task<> {
        const semaphore::permit one = co_await permits.acquire();
        ++holding;
        co_await until([&] { return holding == 2; });
        each = this_record();
        const semaphore::permit other = co_await permits.acquire();
        ADD_FAILURE() << "there are only two";
      });
    for (const record& each : who) co_await until_waits(each, wait_reason::semacquire);
    const std::vector<const void*> holders = able(object_of(permits), capability::unlock);
    EXPECT_TRUE(holders == (std::vector<const void*>{who[0].load(), who[1].load()}) ||
                holders == (std::vector<const void*>{who[1].load(), who[0].load()}));
    owner.cancel();
    co_await until_alone();
    EXPECT_EQ(permits.available(), 2u);
  });
}

}  // namespace
