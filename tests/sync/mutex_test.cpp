#include <gtest/gtest.h>

#include <chrono>
#include <string>
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

class Mutex : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(Mutex);

detail::object& object_of(const mutex& lock) { return *detail::mutex_access::target(lock); }

TEST_P(Mutex, LetsOneInAtATime) {
  run([]() -> task<> {
    const mutex lock;
    int count = 0;
    int inside = 0;
    for (int i = 0; i < 10; ++i)
      go([&, i]() -> task<> {
        for (int turn = 0; turn < 500; ++turn) {
          const mutex::guard held = co_await lock.lock();
          EXPECT_EQ(++inside, 1);
          ++count;
          if (turn % 16 == i) co_await this_goroutine::yield();
          --inside;
        }
      });
    co_await until_alone();
    EXPECT_EQ(count, 5000);
    EXPECT_TRUE(lock.try_lock().owns_lock());
  });
}

TEST_P(Mutex, IsHandedToWhoHasWaitedLongest) {
  run([]() -> task<> {
    const mutex lock;
    std::vector<int> order;
    mutex::guard held = co_await lock.lock();
    for (int i = 0; i < 10; ++i) {
      record who{nullptr};
      go([&, i]() -> task<> {
        who = this_record();
        const mutex::guard mine = co_await lock.lock();
        order.push_back(i);
      });
      co_await until_waits(who, wait_reason::mutex_lock);
    }
    held.unlock();
    EXPECT_FALSE(lock.try_lock().owns_lock()) << "somebody overtook those who wait";
    co_await until_alone();
    EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  });
}

TEST(MutexOfAnyThread, TryLockDoesNotWait) {
  const mutex lock;
  mutex::guard first = lock.try_lock();
  EXPECT_TRUE(first.owns_lock());
  EXPECT_FALSE(lock.try_lock().owns_lock());
  first.unlock();
  EXPECT_TRUE(lock.try_lock().owns_lock());
}

TEST(MutexOfAnyThread, AGuardUnlocksWhenItDies) {
  const mutex lock;
  {
    const mutex::guard held = lock.try_lock();
    EXPECT_FALSE(lock.try_lock().owns_lock());
  }
  EXPECT_TRUE(lock.try_lock().owns_lock());
}

TEST(MutexOfAnyThread, UnlockingWhatIsNotLockedThrows) {
  mutex::guard never;
  expect_error(errc::not_locked, [&] { never.unlock(); });
  const mutex lock;
  mutex::guard once = lock.try_lock();
  once.unlock();
  EXPECT_FALSE(once.owns_lock());
  expect_error(errc::not_locked, [&] { once.unlock(); });
}

TEST(MutexOfAnyThread, AGuardIsMovedWithItsLock) {
  const mutex lock;
  mutex::guard first = lock.try_lock();
  mutex::guard second(std::move(first));
  // NOLINTNEXTLINE(bugprone-use-after-move): a moved-from guard is empty
  EXPECT_FALSE(first.owns_lock());
  EXPECT_TRUE(second.owns_lock());
  const mutex other;
  first = other.try_lock();
  first = std::move(second);
  EXPECT_TRUE(other.try_lock().owns_lock()) << "a guard kept what it held before";
  EXPECT_FALSE(lock.try_lock().owns_lock());
  first = mutex::guard();
  EXPECT_TRUE(lock.try_lock().owns_lock());
}

TEST(MutexOfAnyThread, AnAbandonedLockStaysLockedAndNothingCanUnlockIt) {
  const mutex lock;
  mutex::guard held = lock.try_lock();
  EXPECT_EQ(able(object_of(lock), capability::unlock).size(), 1u);
  held.abandon();
  EXPECT_FALSE(held.owns_lock());
  EXPECT_FALSE(lock.try_lock().owns_lock());
  EXPECT_TRUE(able(object_of(lock), capability::unlock).empty());
}

TEST(MutexOfAnyThread, CopiesNameOneLock) {
  const mutex lock;
  // NOLINTNEXTLINE(performance-unnecessary-copy-initialization): a copy is a handle
  const mutex copy(lock);
  EXPECT_EQ(lock, copy);
  EXPECT_NE(lock, mutex());
  const mutex::guard held = copy.try_lock();
  EXPECT_FALSE(lock.try_lock().owns_lock());
}

TEST(MutexOfAnyThread, ThatWasMovedFromIsNilAndThrows) {
  mutex lock;
  const mutex kept(std::move(lock));
  // NOLINTNEXTLINE(bugprone-use-after-move): a moved-from mutex is nil
  EXPECT_TRUE(lock.is_nil());
  EXPECT_FALSE(kept.is_nil());
  expect_error(errc::nil_handle, [&] { static_cast<void>(lock.lock()); });
  expect_error(errc::nil_handle, [&] { static_cast<void>(lock.try_lock()); });
}

TEST_P(Mutex, AGuardMayUnlockInAnotherGoroutineAndThread) {
  run([]() -> task<> {
    const mutex lock;
    go(
        [](mutex::guard given) -> task<> {
          co_await this_goroutine::yield();
          given.unlock();
        },
        co_await lock.lock());
    mutex::guard again = co_await lock.lock();
    std::thread outside([given = std::move(again)]() mutable { given.unlock(); });
    const mutex::guard third = co_await lock.lock();
    EXPECT_TRUE(third.owns_lock());
    outside.join();
    co_await until_alone();
  });
}

TEST_P(Mutex, LivesAsLongAsAGuardOrAWaiterNeedsIt) {
  detail::object* object = nullptr;
  std::uint32_t generation = 0;
  run([&]() -> task<> {
    mutex lock;
    object = &object_of(lock);
    generation = object->generation;
    mutex::guard held = co_await lock.lock();
    record who{nullptr};
    bool locked = false;
    go(
        [&who, &locked](mutex mine) -> task<> {
          who = this_record();
          auto operation = mine.lock();
          mine = mutex();
          const mutex::guard got = co_await std::move(operation);
          locked = true;
        },
        std::move(lock));
    co_await until_waits(who, wait_reason::mutex_lock);
    EXPECT_EQ(object->generation, generation);
    held.unlock();
    co_await until_alone();
    EXPECT_TRUE(locked);
    EXPECT_EQ(object->generation, generation + 1) << "nobody needs the mutex any more";
  });
}

TEST_P(Mutex, NeedsNoMemoryWhenItIsFree) {
  run([]() -> task<> {
    const mutex lock;
    const std::size_t before = memory().live_blocks;
    const mutex::guard held = co_await lock.lock();
    EXPECT_EQ(memory().live_blocks, before);
  });
}

// Go's runtime has it too: who locks again and again may not keep the lock from everybody else.
TEST(MutexWithVirtualTime, IsFairToWhoComesSeldom) {
  leash::run(
      []() -> task<> {
        const mutex lock;
        bool stop = false;
        go([&]() -> task<> {
          while (!stop) {
            mutex::guard held = co_await lock.lock();
            co_await sleep(100us);
          }
        });
        const auto begin = leash::now();
        for (int i = 0; i < 10; ++i) {
          co_await sleep(100us);
          const mutex::guard held = co_await lock.lock();
        }
        EXPECT_LE(leash::now() - begin, 5ms);
        stop = true;
        co_await sleep(1ms);
        EXPECT_EQ(num_goroutines(), 1u);
      },
      leash::testing::virtual_time);
}

// Whoever never has to wait gives way to others all the same.
TEST(MutexWithOneWorker, EndsATimeSlice) {
  leash::run(
      []() -> task<> {
        const mutex lock;
        bool others_ran = false;
        go([&]() -> task<> {
          others_ran = true;
          co_return;
        });
        int locks = 0;
        for (; locks < 1000 && !others_ran; ++locks) {
          const mutex::guard held = co_await lock.lock();
          EXPECT_TRUE(held.owns_lock());
        }
        EXPECT_TRUE(others_ran);
        EXPECT_TRUE(lock.try_lock().owns_lock());
      },
      {.processors = 1, .leaks = leak_policy::off});
}

TEST_P(Mutex, AWaiterSaysWhatItWaitsFor) {
  run([]() -> task<> {
    const mutex lock;
    mutex::guard held = co_await lock.lock();
    record who{nullptr};
    go([&]() -> task<> {
      who = this_record();
      const mutex::guard mine = co_await lock.lock();
    });
    co_await until_waits(who, wait_reason::mutex_lock);
    EXPECT_STREQ(detail::text_of(who.load()->reason), "sync.Mutex.Lock");
    EXPECT_EQ(targets_of(who),
              (std::vector<target>{{&object_of(lock), set_of(capability::unlock)}}));
    EXPECT_FALSE(who.load()->external);
    held.unlock();
    co_await until_alone();
  });
}

TEST_P(Mutex, OnlyTheGuardInItsHoldersFrameCanUnlockIt) {
  run([]() -> task<> {
    const mutex lock;
    record who{nullptr};
    EXPECT_TRUE(able(object_of(lock), capability::unlock).empty());
    mutex::guard held = co_await lock.lock();
    EXPECT_EQ(able(object_of(lock), capability::unlock), (std::vector<const void*>{this_record()}));
    go([&]() -> task<> {
      who = this_record();
      const mutex::guard mine = co_await lock.lock();
      EXPECT_EQ(able(object_of(lock), capability::unlock), (std::vector<const void*>{who.load()}));
    });
    co_await until_waits(who, wait_reason::mutex_lock);
    EXPECT_EQ(able(object_of(lock), capability::unlock), (std::vector<const void*>{this_record()}));
    held.unlock();
    co_await until_alone();
  });
}

// Two goroutines that lock in opposite orders: each waits for a lock that only the other one's frame
// can unlock, which a proof can see though both mutexes are in everybody's reach.
TEST_P(Mutex, ADeadlockStandsInTheRecords) {
  static const mutex first;
  static const mutex second;
  run([]() -> task<> {
    record left{nullptr};
    record right{nullptr};
    const cancelable_context owner = with_cancel(background());
    std::atomic<int> holding{0};
    const auto lock_both = [&holding](const mutex& one, const mutex& other,
                                      record& self) -> task<> {
      self = this_record();
      const mutex::guard held = co_await one.lock();
      ++holding;
      co_await until([&holding] { return holding == 2; });
      const mutex::guard both = co_await other.lock();
      ADD_FAILURE() << "both locked what the other one holds";
    };
    go(owner, [&]() -> task<> { co_await lock_both(first, second, left); });
    go(owner, [&]() -> task<> { co_await lock_both(second, first, right); });
    co_await until_waits(left, wait_reason::mutex_lock);
    co_await until_waits(right, wait_reason::mutex_lock);
    const auto unlock = set_of(capability::unlock);
    EXPECT_EQ(targets_of(left), (std::vector<target>{{&object_of(second), unlock}}));
    EXPECT_EQ(targets_of(right), (std::vector<target>{{&object_of(first), unlock}}));
    EXPECT_EQ(able(object_of(first), capability::unlock), (std::vector<const void*>{left.load()}));
    EXPECT_EQ(able(object_of(second), capability::unlock),
              (std::vector<const void*>{right.load()}));
    owner.cancel();
    co_await until_alone();
    EXPECT_TRUE(first.try_lock().owns_lock());
    EXPECT_TRUE(second.try_lock().owns_lock());
  });
}

}  // namespace
