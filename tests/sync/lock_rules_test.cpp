#include <gtest/gtest.h>

#include <chrono>
#include <vector>

#include "support/waits.hpp"

#include <leash/leash.hpp>

// The rules that locks, conds, semaphores and onces rely on, one each: tests/mutations.txt switches them
// off. Nothing here waits for what a broken rule would leave undone: time is virtual, and goes on only when
// nothing can run.

namespace {

using namespace leash;
using detail::capability;
using leash::testing::able;
using leash::testing::record;
using leash::testing::this_record;

template <class F>
void run_virtual(F main) {
  run(std::move(main), leash::testing::virtual_time);
}

// Until nothing can run.
detail::sleep_operation settle() { return sleep(std::chrono::milliseconds(1)); }

// Starts a goroutine, and lets it run until it waits.
template <class F>
task<> start(F waits) {
  go(waits);
  co_await settle();
}
template <class F>
task<> start(const cancelable_context& owner, F waits) {
  go(owner, waits);
  co_await settle();
}

task<> cancel(const cancelable_context& owner) {
  owner.cancel();
  co_await settle();
}

std::vector<const void*> holder_of(const record& who) { return {who.load()}; }

TEST(LockRules, WhoIsUnwoundPassesItsSignalOn) {
  run_virtual([]() -> task<> {
    const mutex lock;
    const cond changed(lock);
    const cancelable_context owner = with_cancel(background());
    bool notified = false;
    const auto wait_for_it = [&]() -> task<> {
      mutex::guard held = co_await lock.lock();
      co_await changed.wait(held);
      notified = true;
    };
    co_await start(owner, wait_for_it);
    co_await start(wait_for_it);
    mutex::guard held = co_await lock.lock();
    changed.signal();
    co_await settle();
    co_await cancel(owner);
    EXPECT_FALSE(notified);
    held.unlock();
    co_await settle();
    EXPECT_TRUE(notified);
  });
}

TEST(LockRules, WhoLeavesAQueueOfAnRwMutexLetsTheOthersIn) {
  run_virtual([]() -> task<> {
    const rw_mutex lock;
    const rw_mutex::guard reading = co_await lock.lock_shared();
    const cancelable_context owner = with_cancel(background());
    bool reads_too = false;
    co_await start(owner, [&]() -> task<> { static_cast<void>(co_await lock.lock()); });
    co_await start([&]() -> task<> {
      const rw_mutex::guard held = co_await lock.lock_shared();
      reads_too = true;
    });
    EXPECT_FALSE(reads_too);
    co_await cancel(owner);
    EXPECT_TRUE(reads_too);
  });
}

TEST(LockRules, WhoLeavesAQueueOfASemaphoreLetsTheOthersIn) {
  run_virtual([]() -> task<> {
    const semaphore permits(2);
    const semaphore::permit one = co_await permits.acquire();
    const cancelable_context owner = with_cancel(background());
    bool served = false;
    co_await start(owner, [&]() -> task<> { static_cast<void>(co_await permits.acquire(2)); });
    co_await start([&]() -> task<> {
      const semaphore::permit other = co_await permits.acquire();
      served = true;
    });
    EXPECT_FALSE(served);
    co_await cancel(owner);
    EXPECT_TRUE(served);
  });
}

TEST(LockRules, AWaiterCanDepart) {
  run_virtual([]() -> task<> {
    const rw_mutex lock;
    const semaphore permits(1);
    const rw_mutex::guard reading = co_await lock.lock_shared();
    const semaphore::permit one = co_await permits.acquire();
    record writer{nullptr};
    record second{nullptr};
    co_await start([&]() -> task<> {
      writer = this_record();
      static_cast<void>(co_await lock.lock());
    });
    co_await start([&]() -> task<> {
      second = this_record();
      static_cast<void>(co_await permits.acquire());
    });
    EXPECT_EQ(able(*detail::rw_mutex_access::target(lock), capability::depart), holder_of(writer));
    EXPECT_EQ(able(*detail::semaphore_access::target(permits), capability::depart),
              holder_of(second));
  });
}

// Looked at after the lock was handed over, before its next holder has run.
TEST(LockRules, ALockIsItsNextHoldersAtOnce) {
  run_virtual([]() -> task<> {
    const mutex lock;
    const rw_mutex rw_lock;
    const semaphore permits(1);
    mutex::guard held = co_await lock.lock();
    rw_mutex::guard writing = co_await rw_lock.lock();
    semaphore::permit one = co_await permits.acquire();
    record locker{nullptr};
    record reader{nullptr};
    record acquirer{nullptr};
    co_await start([&]() -> task<> {
      locker = this_record();
      const mutex::guard got = co_await lock.lock();
      EXPECT_TRUE(got.owns_lock());
    });
    co_await start([&]() -> task<> {
      reader = this_record();
      const rw_mutex::guard got = co_await rw_lock.lock_shared();
      EXPECT_TRUE(got.owns_lock());
    });
    co_await start([&]() -> task<> {
      acquirer = this_record();
      const semaphore::permit got = co_await permits.acquire();
      EXPECT_FALSE(got.is_empty());
    });
    held.unlock();
    writing.unlock();
    one.release();
    EXPECT_EQ(able(*detail::mutex_access::target(lock), capability::unlock), holder_of(locker));
    EXPECT_EQ(able(*detail::rw_mutex_access::target(rw_lock), capability::unlock),
              holder_of(reader));
    EXPECT_EQ(able(*detail::semaphore_access::target(permits), capability::unlock),
              holder_of(acquirer));
    co_await settle();
  });
}

TEST(LockRules, ABodyThatIsUnwoundLeavesTheOnceToTheNext) {
  run_virtual([]() -> task<> {
    const once opened;
    const cancelable_context owner = with_cancel(background());
    bool ran = false;
    co_await start(owner, [&]() -> task<> {
      co_await opened.call([]() -> task<> { co_await channel<>().receive(); });
    });
    co_await start([&]() -> task<> { co_await opened.call([&ran] { ran = true; }); });
    EXPECT_FALSE(ran);
    co_await cancel(owner);
    EXPECT_TRUE(ran);
    EXPECT_TRUE(opened.has_run());
  });
}

TEST(LockRules, NoReaderPassesAWriterThatWaits) {
  run_virtual([]() -> task<> {
    const rw_mutex lock;
    rw_mutex::guard reading = co_await lock.lock_shared();
    bool reads = false;
    bool read_after_writing = false;
    bool wrote = false;
    co_await start([&]() -> task<> {
      const rw_mutex::guard held = co_await lock.lock();
      wrote = true;
    });
    EXPECT_FALSE(lock.try_lock_shared().owns_lock());
    co_await start([&]() -> task<> {
      const rw_mutex::guard held = co_await lock.lock_shared();
      reads = true;
      read_after_writing = wrote;
    });
    EXPECT_FALSE(reads);
    reading.unlock();
    co_await settle();
    EXPECT_TRUE(read_after_writing);
  });
}

}  // namespace
