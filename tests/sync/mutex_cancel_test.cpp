#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "support/stress.hpp"
#include "support/waits.hpp"

#include <leash/leash.hpp>

// What a cancel does to those who lock a mutex: no lock is kept, and no waiter is left.

namespace {

using namespace leash;
using detail::wait_reason;
using leash::testing::random_source;
using leash::testing::record;
using leash::testing::this_record;
using leash::testing::until_alone;
using leash::testing::until_waits;

class MutexCancel : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(MutexCancel);

bool is_free(const mutex& lock) { return lock.try_lock().owns_lock(); }

bool has_waiters(const mutex& lock) {
  detail::object& object = *detail::mutex_access::target(lock);
  object.lock.lock();
  const bool found = !object.as<detail::mutex_body>().waiters.empty();
  object.lock.unlock();
  return found;
}

TEST_P(MutexCancel, BeforeTheWaitNothingIsLocked) {
  run([]() -> task<> {
    const mutex lock;
    cancelable_context owner = with_cancel(background());
    go(owner, [&]() -> task<> {
      owner.cancel();
      const mutex::guard held = co_await lock.lock();
      ADD_FAILURE() << "a doomed goroutine went on";
    });
    co_await until_alone();
    EXPECT_TRUE(is_free(lock));
  });
}

TEST_P(MutexCancel, BeforeTheWaitForALockThatIsHeldNobodyIsLeft) {
  run([]() -> task<> {
    const mutex lock;
    const mutex::guard held = co_await lock.lock();
    cancelable_context owner = with_cancel(background());
    go(owner, [&]() -> task<> {
      owner.cancel();
      const mutex::guard mine = co_await lock.lock();
      ADD_FAILURE() << "a doomed goroutine went on";
    });
    co_await until_alone();
    EXPECT_FALSE(has_waiters(lock));
  });
}

TEST_P(MutexCancel, DuringTheWaitTheNextInLineIsLetIn) {
  run([]() -> task<> {
    const mutex lock;
    mutex::guard held = co_await lock.lock();
    const cancelable_context owner = with_cancel(background());
    record first{nullptr};
    record second{nullptr};
    bool locked = false;
    go(owner, [&]() -> task<> {
      first = this_record();
      const mutex::guard mine = co_await lock.lock();
      ADD_FAILURE() << "a cancelled waiter was let in";
    });
    co_await until_waits(first, wait_reason::mutex_lock);
    go([&]() -> task<> {
      second = this_record();
      const mutex::guard mine = co_await lock.lock();
      locked = true;
    });
    co_await until_waits(second, wait_reason::mutex_lock);
    owner.cancel();
    held.unlock();
    co_await until_alone();
    EXPECT_TRUE(locked);
    EXPECT_TRUE(is_free(lock));
  });
}

TEST_P(MutexCancel, OfTheHolderUnlocks) {
  run([]() -> task<> {
    const mutex lock;
    const cancelable_context owner = with_cancel(background());
    record who{nullptr};
    go(owner, [&]() -> task<> {
      const mutex::guard held = co_await lock.lock();
      who = this_record();
      co_await channel<>().receive();
    });
    co_await until_waits(who, wait_reason::chan_receive);
    owner.cancel();
    const mutex::guard held = co_await lock.lock();
    EXPECT_TRUE(held.owns_lock());
    co_await until_alone();
  });
}

// The lock was handed over already: it is delivered, and unlocked by the unwinding that comes after.
TEST(MutexCancelWithOneWorker, AfterTheHandOverTheLockIsDelivered) {
  leash::run(
      []() -> task<> {
        const mutex lock;
        mutex::guard held = co_await lock.lock();
        const cancelable_context owner = with_cancel(background());
        record who{nullptr};
        bool delivered = false;
        go(owner, [&]() -> task<> {
          who = this_record();
          const mutex::guard mine = co_await lock.lock();
          delivered = mine.owns_lock();
          co_await this_goroutine::yield();
          ADD_FAILURE() << "a doomed goroutine went on";
        });
        co_await until_waits(who, wait_reason::mutex_lock);
        held.unlock();
        owner.cancel();
        co_await until_alone();
        EXPECT_TRUE(delivered);
        EXPECT_TRUE(is_free(lock));
      },
      {.processors = 1, .leaks = leak_policy::off});
}

TEST_P(MutexCancel, AtTheInstantOfTheHandOverKeepsNoLock) {
  run([]() -> task<> {
    random_source random(leash::testing::stress_seed());
    const mutex lock;
    for (int round = 0; round < 300; ++round) {
      mutex::guard held = co_await lock.lock();
      const cancelable_context owner = with_cancel(background());
      for (int i = 0; i < 3; ++i)
        go(owner, [&lock]() -> task<> {
          const mutex::guard mine = co_await lock.lock();
          co_await this_goroutine::yield();
        });
      if (random.once_in(2)) co_await this_goroutine::yield();
      go([&owner]() -> task<> {
        owner.cancel();
        co_return;
      });
      if (random.once_in(2)) co_await this_goroutine::yield();
      for (volatile std::uint32_t pause = random.below(200); pause > 0;) pause = pause - 1;
      held.unlock();
      co_await until_alone();
      EXPECT_TRUE(is_free(lock));
      EXPECT_FALSE(has_waiters(lock));
    }
  });
}

TEST_P(MutexCancel, FromADestructorAndTryLockInOne) {
  struct at_end {
    const mutex& lock;
    const cancelable_context& other;
    bool& tried;
    ~at_end() {
      other.cancel();
      tried = lock.try_lock().owns_lock();
    }
  };
  run([]() -> task<> {
    const mutex lock;
    const mutex free;
    mutex::guard held = co_await lock.lock();
    const cancelable_context owner = with_cancel(background());
    const cancelable_context other = with_cancel(background());
    record waiter{nullptr};
    record dying{nullptr};
    bool tried = false;
    go(other, [&]() -> task<> {
      waiter = this_record();
      const mutex::guard mine = co_await lock.lock();
      ADD_FAILURE() << "a cancelled waiter was let in";
    });
    go(owner, [&]() -> task<> {
      const at_end last{free, other, tried};
      dying = this_record();
      const mutex::guard mine = co_await lock.lock();
      ADD_FAILURE() << "a cancelled waiter was let in";
    });
    co_await until_waits(waiter, wait_reason::mutex_lock);
    co_await until_waits(dying, wait_reason::mutex_lock);
    owner.cancel();
    co_await until_alone();
    EXPECT_TRUE(tried);
    EXPECT_TRUE(is_free(free));
    EXPECT_FALSE(has_waiters(lock));
    held.unlock();
    EXPECT_TRUE(is_free(lock));
  });
}

TEST_P(MutexCancel, FromAnotherThreadAndTwice) {
  run([]() -> task<> {
    const mutex lock;
    mutex::guard held = co_await lock.lock();
    cancelable_context owner = with_cancel(background());
    for (int i = 0; i < 20; ++i)
      go(owner, [&]() -> task<> {
        const mutex::guard mine = co_await lock.lock();
        ADD_FAILURE() << "a cancelled waiter was let in";
      });
    std::thread outside([given = std::move(owner)] {
      given.cancel();
      given.cancel();
    });
    co_await until_alone();
    outside.join();
    EXPECT_FALSE(has_waiters(lock));
    held.unlock();
    EXPECT_TRUE(is_free(lock));
  });
}

// When main returns, holders and waiters are unwound together.
TEST_P(MutexCancel, AtTheEndOfTheRuntimeKeepsNoLock) {
  const mutex lock;
  run([&]() -> task<> {
    for (int i = 0; i < 50; ++i)
      go([&]() -> task<> {
        const mutex::guard mine = co_await lock.lock();
        co_await channel<>().receive();
        ADD_FAILURE() << "nobody sends";
      });
    for (int i = 0; i < 5; ++i) co_await this_goroutine::yield();
  });
  EXPECT_TRUE(is_free(lock));
  EXPECT_FALSE(has_waiters(lock));
}

}  // namespace
