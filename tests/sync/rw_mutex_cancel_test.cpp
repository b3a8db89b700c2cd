#include <gtest/gtest.h>

#include <thread>

#include "support/stress.hpp"
#include "support/waits.hpp"

#include <leash/leash.hpp>

// What a cancel does to those who lock an rw_mutex: no lock is kept, no waiter is left, and whoever
// waited only for one that gave up is let in.

namespace {

using namespace leash;
using detail::wait_reason;
using leash::testing::random_source;
using leash::testing::record;
using leash::testing::this_record;
using leash::testing::until;
using leash::testing::until_alone;
using leash::testing::until_waits;

class RwMutexCancel : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(RwMutexCancel);

bool is_free(const rw_mutex& lock) { return lock.try_lock().owns_lock(); }

bool has_waiters(const rw_mutex& lock) {
  detail::object& object = *detail::rw_mutex_access::target(lock);
  object.lock.lock();
  const auto& body = object.as<detail::rw_mutex_body>();
  const bool found = !body.writers.empty() || !body.readers.empty();
  object.lock.unlock();
  return found;
}

rw_mutex::lock_operation lock_as(const rw_mutex& lock, bool shared) {
  return shared ? lock.lock_shared() : lock.lock();
}

TEST_P(RwMutexCancel, BeforeTheWaitNothingIsLockedAndNobodyIsLeft) {
  for (const bool shared : {false, true})
    for (const bool held : {false, true})
      run([shared, held]() -> task<> {
        const rw_mutex lock;
        rw_mutex::guard first;
        if (held) first = co_await lock.lock();
        cancelable_context owner = with_cancel(background());
        go(owner, [&]() -> task<> {
          owner.cancel();
          const rw_mutex::guard mine = co_await lock_as(lock, shared);
          ADD_FAILURE() << "a doomed goroutine went on";
        });
        co_await until_alone();
        EXPECT_FALSE(has_waiters(lock));
        first = rw_mutex::guard();
        EXPECT_TRUE(is_free(lock));
      });
}

TEST_P(RwMutexCancel, DuringTheWaitTheOthersAreLetIn) {
  for (const bool shared : {false, true})
    run([shared]() -> task<> {
      const rw_mutex lock;
      rw_mutex::guard held = co_await lock.lock();
      const cancelable_context owner = with_cancel(background());
      std::atomic<int> locked{0};
      const auto wait_for_it = [&](bool as_reader, record& who) -> task<> {
        who = this_record();
        const rw_mutex::guard mine = co_await lock_as(lock, as_reader);
        ++locked;
      };
      record others[3] = {nullptr, nullptr, nullptr};
      go([&]() -> task<> { co_await wait_for_it(true, others[0]); });
      go(owner, [&]() -> task<> {
        co_await wait_for_it(shared, others[1]);
        ADD_FAILURE() << "a cancelled waiter was let in";
      });
      go([&]() -> task<> { co_await wait_for_it(false, others[2]); });
      for (const record& each : others)
        co_await until([&each] { return leash::testing::waits(each); });
      owner.cancel();
      held.unlock();
      co_await until_alone();
      EXPECT_EQ(locked, 2);
      EXPECT_TRUE(is_free(lock));
    });
}

// Somebody reads, a writer waits, and behind it readers. When the writer gives up, they need not wait.
TEST_P(RwMutexCancel, OfAWriterLetsTheReadersBehindItIn) {
  run([]() -> task<> {
    const rw_mutex lock;
    const rw_mutex::guard reading = co_await lock.lock_shared();
    const cancelable_context owner = with_cancel(background());
    std::atomic<int> read{0};
    record writer{nullptr};
    go(owner, [&]() -> task<> {
      writer = this_record();
      const rw_mutex::guard mine = co_await lock.lock();
      ADD_FAILURE() << "somebody writes while another one reads";
    });
    co_await until_waits(writer, wait_reason::rw_mutex_lock);
    for (int i = 0; i < 3; ++i) {
      record who{nullptr};
      go([&]() -> task<> {
        who = this_record();
        const rw_mutex::guard mine = co_await lock.lock_shared();
        ++read;
      });
      co_await until_waits(who, wait_reason::rw_mutex_lock_shared);
    }
    owner.cancel();
    co_await until_alone();
    EXPECT_EQ(read, 3);
    EXPECT_FALSE(has_waiters(lock));
  });
}

TEST_P(RwMutexCancel, OfAWriterLetsNobodyPastAnotherWriter) {
  run([]() -> task<> {
    const rw_mutex lock;
    rw_mutex::guard reading = co_await lock.lock_shared();
    const cancelable_context owner = with_cancel(background());
    record writers[2] = {nullptr, nullptr};
    record reader{nullptr};
    bool written = false;
    go(owner, [&]() -> task<> {
      writers[0] = this_record();
      const rw_mutex::guard mine = co_await lock.lock();
      ADD_FAILURE() << "a cancelled waiter was let in";
    });
    co_await until_waits(writers[0], wait_reason::rw_mutex_lock);
    go([&]() -> task<> {
      writers[1] = this_record();
      const rw_mutex::guard mine = co_await lock.lock();
      written = true;
    });
    co_await until_waits(writers[1], wait_reason::rw_mutex_lock);
    go([&]() -> task<> {
      reader = this_record();
      const rw_mutex::guard mine = co_await lock.lock_shared();
      EXPECT_TRUE(written);
    });
    co_await until_waits(reader, wait_reason::rw_mutex_lock_shared);
    owner.cancel();
    co_await until([] { return num_goroutines() == 3; });
    EXPECT_TRUE(leash::testing::waits(reader));
    reading.unlock();
    co_await until_alone();
    EXPECT_TRUE(is_free(lock));
  });
}

TEST_P(RwMutexCancel, OfAHolderUnlocks) {
  for (const bool shared : {false, true})
    run([shared]() -> task<> {
      const rw_mutex lock;
      const cancelable_context owner = with_cancel(background());
      record who{nullptr};
      go(owner, [&]() -> task<> {
        const rw_mutex::guard held = co_await lock_as(lock, shared);
        who = this_record();
        co_await channel<>().receive();
      });
      co_await until_waits(who, wait_reason::chan_receive);
      owner.cancel();
      const rw_mutex::guard held = co_await lock.lock();
      EXPECT_TRUE(held.owns_lock());
      co_await until_alone();
    });
}

TEST(RwMutexCancelWithOneWorker, AfterTheHandOverTheLockIsDelivered) {
  for (const bool shared : {false, true})
    leash::run(
        [shared]() -> task<> {
          const rw_mutex lock;
          rw_mutex::guard held = co_await lock.lock();
          const cancelable_context owner = with_cancel(background());
          record who{nullptr};
          bool delivered = false;
          go(owner, [&]() -> task<> {
            who = this_record();
            const rw_mutex::guard mine = co_await lock_as(lock, shared);
            delivered = mine.owns_lock();
            co_await this_goroutine::yield();
            ADD_FAILURE() << "a doomed goroutine went on";
          });
          co_await until([&] { return leash::testing::waits(who); });
          held.unlock();
          owner.cancel();
          co_await until_alone();
          EXPECT_TRUE(delivered);
          EXPECT_TRUE(is_free(lock));
        },
        {.processors = 1, .leaks = leak_policy::off});
}

TEST_P(RwMutexCancel, AtTheInstantOfTheHandOverKeepsNoLock) {
  run([]() -> task<> {
    random_source random(leash::testing::stress_seed());
    const rw_mutex lock;
    for (int round = 0; round < 300; ++round) {
      rw_mutex::guard held = co_await lock_as(lock, random.once_in(2));
      const cancelable_context owner = with_cancel(background());
      for (int i = 0; i < 4; ++i) {
        const auto use_it = [&lock, shared = random.once_in(2)]() -> task<> {
          const rw_mutex::guard mine = co_await lock_as(lock, shared);
          co_await this_goroutine::yield();
        };
        if (random.once_in(2))
          go(owner, use_it);
        else
          go(use_it);
      }
      if (random.once_in(2)) co_await this_goroutine::yield();
      go([&owner]() -> task<> {
        owner.cancel();
        co_return;
      });
      if (random.once_in(2)) co_await this_goroutine::yield();
      for (volatile std::uint32_t pause = random.below(200); pause > 0;) pause = pause - 1;
      held.unlock();
      co_await until_alone();
      EXPECT_FALSE(has_waiters(lock));
      EXPECT_TRUE(is_free(lock));
    }
  });
}

TEST_P(RwMutexCancel, FromADestructorAndTryLockInOne) {
  struct at_end {
    const rw_mutex& lock;
    const cancelable_context& other;
    bool& tried;
    ~at_end() {
      other.cancel();
      tried = lock.try_lock_shared().owns_lock();
    }
  };
  run([]() -> task<> {
    const rw_mutex lock;
    const rw_mutex free;
    rw_mutex::guard held = co_await lock.lock();
    const cancelable_context owner = with_cancel(background());
    const cancelable_context other = with_cancel(background());
    record waiter{nullptr};
    record dying{nullptr};
    bool tried = false;
    go(other, [&]() -> task<> {
      waiter = this_record();
      const rw_mutex::guard mine = co_await lock.lock();
      ADD_FAILURE() << "a cancelled waiter was let in";
    });
    go(owner, [&]() -> task<> {
      const at_end last{free, other, tried};
      dying = this_record();
      const rw_mutex::guard mine = co_await lock.lock_shared();
      ADD_FAILURE() << "a cancelled waiter was let in";
    });
    co_await until_waits(waiter, wait_reason::rw_mutex_lock);
    co_await until_waits(dying, wait_reason::rw_mutex_lock_shared);
    owner.cancel();
    co_await until_alone();
    EXPECT_TRUE(tried);
    EXPECT_TRUE(is_free(free));
    EXPECT_FALSE(has_waiters(lock));
  });
}

TEST_P(RwMutexCancel, FromAnotherThreadAndTwice) {
  run([]() -> task<> {
    const rw_mutex lock;
    rw_mutex::guard held = co_await lock.lock_shared();
    cancelable_context owner = with_cancel(background());
    for (int i = 0; i < 20; ++i)
      go(owner, [&lock, shared = i % 4 != 0]() -> task<> {
        const rw_mutex::guard mine = co_await lock_as(lock, shared);
        co_await channel<>().receive();
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

TEST_P(RwMutexCancel, AtTheEndOfTheRuntimeKeepsNoLock) {
  const rw_mutex lock;
  run([&]() -> task<> {
    for (int i = 0; i < 50; ++i)
      go([&, shared = i % 3 != 0]() -> task<> {
        const rw_mutex::guard mine = co_await lock_as(lock, shared);
        co_await channel<>().receive();
        ADD_FAILURE() << "nobody sends";
      });
    for (int i = 0; i < 5; ++i) co_await this_goroutine::yield();
  });
  EXPECT_FALSE(has_waiters(lock));
  EXPECT_TRUE(is_free(lock));
}

}  // namespace
