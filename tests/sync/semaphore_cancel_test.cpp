#include <gtest/gtest.h>

#include <thread>

#include "support/stress.hpp"
#include "support/waits.hpp"

#include <leash/leash.hpp>

// What a cancel does to those who acquire: no permit is lost, no waiter is left, and whoever waited only
// for one that gave up is let in.

namespace {

using namespace leash;
using detail::wait_reason;
using leash::testing::random_source;
using leash::testing::record;
using leash::testing::this_record;
using leash::testing::until_alone;
using leash::testing::until_waits;

class SemaphoreCancel : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(SemaphoreCancel);

bool has_waiters(const semaphore& named) {
  detail::object& object = *detail::semaphore_access::target(named);
  object.lock.lock();
  const bool found = !object.as<detail::semaphore_body>().waiters.empty();
  object.lock.unlock();
  return found;
}

TEST_P(SemaphoreCancel, BeforeTheWaitNothingIsAcquiredAndNobodyIsLeft) {
  for (const std::size_t held : {0u, 2u})
    run([held]() -> task<> {
      const semaphore permits(2);
      const semaphore::permit some = co_await permits.acquire(held);
      cancelable_context owner = with_cancel(background());
      go(owner, [&]() -> task<> {
        owner.cancel();
        const semaphore::permit mine = co_await permits.acquire();
        ADD_FAILURE() << "a doomed goroutine went on";
      });
      co_await until_alone();
      EXPECT_FALSE(has_waiters(permits));
      EXPECT_EQ(permits.available(), 2 - held);
    });
}

// Who wants much stands before who wants little, for which there is enough.
TEST_P(SemaphoreCancel, DuringTheWaitThoseBehindAreLetIn) {
  run([]() -> task<> {
    const semaphore permits(10);
    const semaphore::permit one = co_await permits.acquire();
    const cancelable_context owner = with_cancel(background());
    record greedy{nullptr};
    go(owner, [&]() -> task<> {
      greedy = this_record();
      const semaphore::permit all = co_await permits.acquire(10);
      ADD_FAILURE() << "a cancelled waiter was let in";
    });
    co_await until_waits(greedy, wait_reason::semacquire);
    std::atomic<int> served{0};
    for (int i = 0; i < 3; ++i) {
      record who{nullptr};
      go([&]() -> task<> {
        who = this_record();
        const semaphore::permit mine = co_await permits.acquire(3);
        ++served;
      });
      co_await until_waits(who, wait_reason::semacquire);
    }
    owner.cancel();
    co_await until_alone();
    EXPECT_EQ(served, 3);
    EXPECT_EQ(permits.available(), 9u);
  });
}

TEST_P(SemaphoreCancel, OfTheHolderGivesBack) {
  run([]() -> task<> {
    const semaphore permits(1);
    const cancelable_context owner = with_cancel(background());
    record who{nullptr};
    go(owner, [&]() -> task<> {
      const semaphore::permit one = co_await permits.acquire();
      who = this_record();
      co_await channel<>().receive();
    });
    co_await until_waits(who, wait_reason::chan_receive);
    owner.cancel();
    const semaphore::permit one = co_await permits.acquire();
    EXPECT_EQ(one.size(), 1u);
    co_await until_alone();
  });
}

TEST(SemaphoreCancelWithOneWorker, AfterTheHandOverThePermitIsDelivered) {
  leash::run(
      []() -> task<> {
        const semaphore permits(1);
        semaphore::permit held = co_await permits.acquire();
        const cancelable_context owner = with_cancel(background());
        record who{nullptr};
        bool delivered = false;
        go(owner, [&]() -> task<> {
          who = this_record();
          const semaphore::permit mine = co_await permits.acquire();
          delivered = !mine.is_empty();
          co_await this_goroutine::yield();
          ADD_FAILURE() << "a doomed goroutine went on";
        });
        co_await until_waits(who, wait_reason::semacquire);
        held.release();
        owner.cancel();
        co_await until_alone();
        EXPECT_TRUE(delivered);
        EXPECT_EQ(permits.available(), 1u);
      },
      {.processors = 1, .leaks = leak_policy::off});
}

TEST_P(SemaphoreCancel, AtTheInstantOfTheHandOverLosesNoPermit) {
  run([]() -> task<> {
    random_source random(leash::testing::stress_seed());
    const semaphore permits(4);
    for (int round = 0; round < 300; ++round) {
      semaphore::permit held = co_await permits.acquire(1 + random.below(4));
      const cancelable_context owner = with_cancel(background());
      for (int i = 0; i < 5; ++i) {
        const auto use_some = [&permits, many = 1 + random.below(4)]() -> task<> {
          const semaphore::permit mine = co_await permits.acquire(many);
          co_await this_goroutine::yield();
        };
        if (random.once_in(2))
          go(owner, use_some);
        else
          go(use_some);
      }
      if (random.once_in(2)) co_await this_goroutine::yield();
      go([&owner]() -> task<> {
        owner.cancel();
        co_return;
      });
      if (random.once_in(2)) co_await this_goroutine::yield();
      for (volatile std::uint32_t pause = random.below(200); pause > 0;) pause = pause - 1;
      held.release();
      co_await until_alone();
      EXPECT_FALSE(has_waiters(permits));
      EXPECT_EQ(permits.available(), 4u);
    }
  });
}

TEST_P(SemaphoreCancel, FromADestructorAndTryAcquireInOne) {
  struct at_end {
    const semaphore& permits;
    const cancelable_context& other;
    bool& tried;
    ~at_end() {
      other.cancel();
      tried = !permits.try_acquire().is_empty();
    }
  };
  run([]() -> task<> {
    const semaphore permits(1);
    const semaphore free(1);
    const semaphore::permit held = co_await permits.acquire();
    const cancelable_context owner = with_cancel(background());
    const cancelable_context other = with_cancel(background());
    record waiter{nullptr};
    record dying{nullptr};
    bool tried = false;
    go(other, [&]() -> task<> {
      waiter = this_record();
      const semaphore::permit mine = co_await permits.acquire();
      ADD_FAILURE() << "a cancelled waiter was let in";
    });
    go(owner, [&]() -> task<> {
      const at_end last{free, other, tried};
      dying = this_record();
      const semaphore::permit mine = co_await permits.acquire();
      ADD_FAILURE() << "a cancelled waiter was let in";
    });
    co_await until_waits(waiter, wait_reason::semacquire);
    co_await until_waits(dying, wait_reason::semacquire);
    owner.cancel();
    co_await until_alone();
    EXPECT_TRUE(tried);
    EXPECT_EQ(free.available(), 1u);
    EXPECT_FALSE(has_waiters(permits));
  });
}

TEST_P(SemaphoreCancel, FromAnotherThreadAndTwice) {
  run([]() -> task<> {
    const semaphore permits(3);
    semaphore::permit held = co_await permits.acquire();
    cancelable_context owner = with_cancel(background());
    for (std::size_t i = 0; i < 20; ++i)
      go(owner, [&permits, many = 1 + i % 3]() -> task<> {
        const semaphore::permit mine = co_await permits.acquire(many);
        co_await channel<>().receive();
      });
    std::thread outside([given = std::move(owner)] {
      given.cancel();
      given.cancel();
    });
    co_await until_alone();
    outside.join();
    EXPECT_FALSE(has_waiters(permits));
    held.release();
    EXPECT_EQ(permits.available(), 3u);
  });
}

TEST_P(SemaphoreCancel, AtTheEndOfTheRuntimeLosesNoPermit) {
  const semaphore permits(5);
  run([&]() -> task<> {
    for (std::size_t i = 0; i < 50; ++i)
      go([&permits, many = 1 + i % 3]() -> task<> {
        const semaphore::permit mine = co_await permits.acquire(many);
        co_await channel<>().receive();
        ADD_FAILURE() << "nobody sends";
      });
    for (int i = 0; i < 5; ++i) co_await this_goroutine::yield();
  });
  EXPECT_FALSE(has_waiters(permits));
  EXPECT_EQ(permits.available(), 5u);
}

}  // namespace
