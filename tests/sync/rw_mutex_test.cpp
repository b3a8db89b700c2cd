#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "support/expect_error.hpp"
#include "support/waits.hpp"

#include <leash/leash.hpp>

namespace {

using namespace leash;
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

class RwMutex : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(RwMutex);

detail::object& object_of(const rw_mutex& lock) { return *detail::rw_mutex_access::target(lock); }

TEST_P(RwMutex, LetsReadersInTogether) {
  for (const int readers : {1, 3, 10})
    run([readers]() -> task<> {
      const rw_mutex lock;
      int inside = 0;
      const channel<> arrived(10);
      const channel<> leave;
      for (int i = 0; i < readers; ++i)
        go([&]() -> task<> {
          const rw_mutex::guard reading = co_await lock.lock_shared();
          co_await arrived.send();
          co_await leave.receive();
        });
      for (; inside < readers; ++inside) co_await arrived.receive();
      EXPECT_FALSE(lock.try_lock().owns_lock());
      leave.close();
      co_await until_alone();
      EXPECT_TRUE(lock.try_lock().owns_lock());
    });
}

constexpr int one_writer = 10'000;

TEST_P(RwMutex, KeepsWritersFromEverybodyElse) {
  for (const int readers : {1, 3, 10})
    run([readers]() -> task<> {
      const rw_mutex lock;
      std::atomic<int> inside{0};
      const auto work = [&](bool shared, int turns) -> task<> {
        for (int turn = 0; turn < turns; ++turn) {
          const rw_mutex::guard held = shared ? co_await lock.lock_shared() : co_await lock.lock();
          const int added = shared ? 1 : one_writer;
          const int now = inside += added;
          if (shared)
            EXPECT_LT(now, one_writer);
          else
            EXPECT_EQ(now, one_writer);
          if (turn % 8 == 0) co_await this_goroutine::yield();
          inside -= added;
        }
      };
      for (int i = 0; i < 2; ++i) go([&]() -> task<> { co_await work(false, 200); });
      for (int i = 0; i < readers; ++i) go([&]() -> task<> { co_await work(true, 200); });
      co_await until_alone();
      EXPECT_EQ(inside, 0);
      EXPECT_TRUE(lock.try_lock().owns_lock());
    });
}

TEST_P(RwMutex, LetsNoReaderPastAWriterThatWaits) {
  run([]() -> task<> {
    const rw_mutex lock;
    std::vector<std::string> order;
    rw_mutex::guard first = co_await lock.lock_shared();
    record writer{nullptr};
    record reader{nullptr};
    go([&]() -> task<> {
      writer = this_record();
      const rw_mutex::guard held = co_await lock.lock();
      order.emplace_back("writer");
    });
    co_await until_waits(writer, wait_reason::rw_mutex_lock);
    EXPECT_FALSE(lock.try_lock_shared().owns_lock());
    go([&]() -> task<> {
      reader = this_record();
      const rw_mutex::guard held = co_await lock.lock_shared();
      order.emplace_back("reader");
    });
    co_await until_waits(reader, wait_reason::rw_mutex_lock_shared);
    first.unlock();
    co_await until_alone();
    EXPECT_EQ(order, (std::vector<std::string>{"writer", "reader"}));
  });
}

TEST_P(RwMutex, LetsTheReadersThatWaitInBeforeTheNextWriter) {
  run([]() -> task<> {
    const rw_mutex lock;
    std::vector<std::string> order;
    std::atomic<int> reading{0};
    rw_mutex::guard first = co_await lock.lock();
    record writer{nullptr};
    go([&]() -> task<> {
      writer = this_record();
      const rw_mutex::guard held = co_await lock.lock();
      order.emplace_back("writer");
    });
    co_await until_waits(writer, wait_reason::rw_mutex_lock);
    for (int i = 0; i < 3; ++i) {
      record reader{nullptr};
      go([&]() -> task<> {
        reader = this_record();
        const rw_mutex::guard held = co_await lock.lock_shared();
        ++reading;
        co_await until([&] { return reading == 3; });
        EXPECT_TRUE(order.empty());
      });
      co_await until_waits(reader, wait_reason::rw_mutex_lock_shared);
    }
    first.unlock();
    co_await until_alone();
    EXPECT_EQ(reading, 3);
    EXPECT_EQ(order, (std::vector<std::string>{"writer"}));
  });
}

TEST_P(RwMutex, WritersAreServedFirstComeFirstServed) {
  run([]() -> task<> {
    const rw_mutex lock;
    std::vector<int> order;
    rw_mutex::guard held = co_await lock.lock();
    for (int i = 0; i < 10; ++i) {
      record who{nullptr};
      go([&, i]() -> task<> {
        who = this_record();
        const rw_mutex::guard mine = co_await lock.lock();
        order.push_back(i);
      });
      co_await until_waits(who, wait_reason::rw_mutex_lock);
    }
    held.unlock();
    co_await until_alone();
    EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  });
}

// Two locks to read, then one to write, by one goroutine; another one unlocks: as with Go's RLocker.
TEST_P(RwMutex, CountsReaders) {
  run([]() -> task<> {
    const rw_mutex lock;
    const channel<rw_mutex::guard> read(2);
    const channel<rw_mutex::guard> written(1);
    go([&]() -> task<> {
      for (int i = 0; i < 10; ++i) {
        co_await read.send(co_await lock.lock_shared());
        co_await read.send(co_await lock.lock_shared());
        co_await written.send(co_await lock.lock());
      }
    });
    for (int i = 0; i < 10; ++i) {
      std::optional<rw_mutex::guard> one = co_await read.receive();
      std::optional<rw_mutex::guard> other = co_await read.receive();
      EXPECT_TRUE(one->is_shared());
      one->unlock();
      EXPECT_EQ(written.size(), 0u) << "somebody writes while another one reads";
      other->unlock();
      std::optional<rw_mutex::guard> writing = co_await written.receive();
      EXPECT_FALSE(writing->is_shared());
      EXPECT_EQ(read.size(), 0u) << "somebody reads while another one writes";
      writing->unlock();
    }
    co_await until_alone();
  });
}

TEST(RwMutexOfAnyThread, TryOperationsDoNotWait) {
  const rw_mutex lock;
  {
    const rw_mutex::guard one = lock.try_lock_shared();
    const rw_mutex::guard other = lock.try_lock_shared();
    EXPECT_TRUE(one.owns_lock() && other.owns_lock());
    EXPECT_TRUE(one.is_shared());
    EXPECT_FALSE(lock.try_lock().owns_lock());
  }
  const rw_mutex::guard writing = lock.try_lock();
  EXPECT_TRUE(writing.owns_lock());
  EXPECT_FALSE(writing.is_shared());
  EXPECT_FALSE(lock.try_lock().owns_lock());
  EXPECT_FALSE(lock.try_lock_shared().owns_lock());
}

TEST(RwMutexOfAnyThread, UnlockingWhatIsNotLockedThrows) {
  rw_mutex::guard never;
  expect_error(errc::not_locked, [&] { never.unlock(); });
  const rw_mutex lock;
  rw_mutex::guard writing = lock.try_lock();
  writing.unlock();
  expect_error(errc::not_locked, [&] { writing.unlock(); });
  rw_mutex::guard reading = lock.try_lock_shared();
  reading.unlock();
  expect_error(errc::not_locked, [&] { reading.unlock(); });
  EXPECT_TRUE(lock.try_lock().owns_lock());
}

TEST(RwMutexOfAnyThread, AGuardIsMovedWithItsLock) {
  const rw_mutex lock;
  rw_mutex::guard first = lock.try_lock_shared();
  rw_mutex::guard second(std::move(first));
  // NOLINTNEXTLINE(bugprone-use-after-move): a moved-from guard is empty
  EXPECT_FALSE(first.owns_lock());
  EXPECT_TRUE(second.owns_lock() && second.is_shared());
  const rw_mutex other;
  first = other.try_lock();
  first = std::move(second);
  EXPECT_TRUE(other.try_lock().owns_lock()) << "a guard kept what it held before";
  EXPECT_FALSE(lock.try_lock().owns_lock());
  first = rw_mutex::guard();
  EXPECT_TRUE(lock.try_lock().owns_lock());
}

TEST(RwMutexOfAnyThread, AnAbandonedLockStaysLockedAndNothingCanUnlockIt) {
  const rw_mutex lock;
  rw_mutex::guard reading = lock.try_lock_shared();
  reading.abandon();
  EXPECT_FALSE(lock.try_lock().owns_lock());
  EXPECT_TRUE(lock.try_lock_shared().owns_lock());
  EXPECT_TRUE(able(object_of(lock), capability::unlock).empty());
  const rw_mutex other;
  rw_mutex::guard writing = other.try_lock();
  writing.abandon();
  EXPECT_FALSE(other.try_lock_shared().owns_lock());
  EXPECT_TRUE(able(object_of(other), capability::unlock).empty());
}

TEST(RwMutexOfAnyThread, CopiesNameOneLockAndAMovedFromOneIsNil) {
  rw_mutex lock;
  const rw_mutex copy(lock);
  EXPECT_EQ(lock, copy);
  EXPECT_NE(lock, rw_mutex());
  const rw_mutex moved(std::move(lock));
  // NOLINTNEXTLINE(bugprone-use-after-move): a moved-from rw_mutex is nil
  EXPECT_TRUE(lock.is_nil());
  EXPECT_EQ(moved, copy);
  expect_error(errc::nil_handle, [&] { static_cast<void>(lock.lock()); });
  expect_error(errc::nil_handle, [&] { static_cast<void>(lock.lock_shared()); });
  expect_error(errc::nil_handle, [&] { static_cast<void>(lock.try_lock()); });
  expect_error(errc::nil_handle, [&] { static_cast<void>(lock.try_lock_shared()); });
}

TEST_P(RwMutex, AGuardMayUnlockOnAnotherThread) {
  run([]() -> task<> {
    const rw_mutex lock;
    rw_mutex::guard reading = co_await lock.lock_shared();
    std::thread outside([given = std::move(reading)]() mutable { given.unlock(); });
    const rw_mutex::guard writing = co_await lock.lock();
    EXPECT_TRUE(writing.owns_lock());
    outside.join();
  });
}

TEST(RwMutexWithOneWorker, EndsATimeSlice) {
  leash::run(
      []() -> task<> {
        const rw_mutex lock;
        bool others_ran = false;
        go([&]() -> task<> {
          others_ran = true;
          co_return;
        });
        for (int locks = 0; locks < 1000 && !others_ran; ++locks) {
          const rw_mutex::guard held =
              locks % 2 == 0 ? co_await lock.lock() : co_await lock.lock_shared();
          EXPECT_TRUE(held.owns_lock());
        }
        EXPECT_TRUE(others_ran);
        EXPECT_TRUE(lock.try_lock().owns_lock());
      },
      {.processors = 1, .leaks = leak_policy::off});
}

TEST_P(RwMutex, WaitersSayWhatTheyWaitFor) {
  run([]() -> task<> {
    const rw_mutex lock;
    rw_mutex::guard held = co_await lock.lock_shared();
    record writer{nullptr};
    record reader{nullptr};
    go([&]() -> task<> {
      writer = this_record();
      const rw_mutex::guard mine = co_await lock.lock();
    });
    co_await until_waits(writer, wait_reason::rw_mutex_lock);
    go([&]() -> task<> {
      reader = this_record();
      const rw_mutex::guard mine = co_await lock.lock_shared();
    });
    co_await until_waits(reader, wait_reason::rw_mutex_lock_shared);
    EXPECT_STREQ(detail::text_of(writer.load()->reason), "sync.RWMutex.Lock");
    EXPECT_STREQ(detail::text_of(reader.load()->reason), "sync.RWMutex.RLock");
    EXPECT_EQ(targets_of(writer),
              (std::vector<target>{{&object_of(lock), set_of(capability::unlock)}}));
    EXPECT_EQ(
        targets_of(reader),
        (std::vector<target>{{&object_of(lock), set_of(capability::unlock, capability::depart)}}));
    EXPECT_EQ(able(object_of(lock), capability::unlock), (std::vector<const void*>{this_record()}));
    EXPECT_EQ(able(object_of(lock), capability::depart), (std::vector<const void*>{writer.load()}))
        << "who reads behind a writer goes on when that one gives up";
    held.unlock();
    co_await until_alone();
    EXPECT_TRUE(able(object_of(lock), capability::depart).empty());
  });
}

// A goroutine that reads locks to read once more, behind a writer: each waits for the other.
TEST_P(RwMutex, AReaderThatReadsAgainBehindAWriterStandsInTheRecords) {
  run([]() -> task<> {
    const rw_mutex lock;
    const cancelable_context owner = with_cancel(background());
    record reader{nullptr};
    record writer{nullptr};
    go(owner, [&]() -> task<> {
      const rw_mutex::guard first = co_await lock.lock_shared();
      reader = this_record();
      co_await until(
          [&] { return leash::testing::waits_with(writer, wait_reason::rw_mutex_lock); });
      const rw_mutex::guard again = co_await lock.lock_shared();
      ADD_FAILURE() << "a reader went past a writer that waits";
    });
    co_await until([&] { return reader.load() != nullptr; });
    go(owner, [&]() -> task<> {
      writer = this_record();
      const rw_mutex::guard mine = co_await lock.lock();
      ADD_FAILURE() << "somebody writes while another one reads";
    });
    co_await until_waits(reader, wait_reason::rw_mutex_lock_shared);
    EXPECT_EQ(able(object_of(lock), capability::unlock), (std::vector<const void*>{reader.load()}));
    EXPECT_EQ(able(object_of(lock), capability::depart), (std::vector<const void*>{writer.load()}));
    owner.cancel();
    co_await until_alone();
  });
}

}  // namespace
