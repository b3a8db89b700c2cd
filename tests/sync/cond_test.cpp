#include <gtest/gtest.h>

#include <atomic>
#include <memory>
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

class Cond : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(Cond);

detail::object& object_of(const cond& named) { return *detail::cond_access::target(named); }

TEST_P(Cond, ASignalWakesOne) {
  run([]() -> task<> {
    const mutex lock;
    const cond changed(lock);
    const channel<> awake(2);
    for (int i = 0; i < 2; ++i) {
      record who{nullptr};
      go([&]() -> task<> {
        who = this_record();
        mutex::guard held = co_await lock.lock();
        co_await changed.wait(held);
        EXPECT_TRUE(held.owns_lock());
        co_await awake.send();
      });
      co_await until_waits(who, wait_reason::cond_wait);
    }
    for (int left = 2; left > 0; --left) {
      EXPECT_EQ(awake.size(), 0u);
      {
        const mutex::guard held = co_await lock.lock();
        changed.signal();
      }
      EXPECT_TRUE(co_await awake.receive());
      for (int i = 0; i < 10; ++i) co_await this_goroutine::yield();
      EXPECT_EQ(awake.size(), 0u) << "one signal woke more than one";
    }
    changed.signal();
    co_await until_alone();
  });
}

TEST_P(Cond, SignalsWakeInTheOrderOfTheWaits) {
  run([]() -> task<> {
    const mutex lock;
    const cond changed(lock);
    const channel<int> awake(100);
    for (int i = 0; i < 100; ++i) {
      record who{nullptr};
      go([&, i]() -> task<> {
        who = this_record();
        mutex::guard held = co_await lock.lock();
        co_await changed.wait(held);
        co_await awake.send(i);
      });
      co_await until_waits(who, wait_reason::cond_wait);
      if (i > 0) {
        EXPECT_EQ(co_await awake.receive(), i - 1);
      }
      const mutex::guard held = co_await lock.lock();
      changed.signal();
    }
    co_await until_alone();
  });
}

TEST_P(Cond, ABroadcastWakesAllWhoWait) {
  constexpr int waiters = 50;
  run([]() -> task<> {
    const mutex lock;
    const cond changed(lock);
    int waiting = 0;
    int woken = 0;
    bool over = false;
    for (int i = 0; i < waiters; ++i)
      go([&]() -> task<> {
        mutex::guard held = co_await lock.lock();
        while (!over) {
          ++waiting;
          co_await changed.wait(held);
          ++woken;
        }
      });
    for (int round = 1; round <= 20; ++round) {
      mutex::guard held = co_await lock.lock();
      while (waiting != waiters) {
        held.unlock();
        co_await this_goroutine::yield();
        held = co_await lock.lock();
      }
      EXPECT_EQ(woken, (round - 1) * waiters);
      waiting = 0;
      over = round == 20;
      changed.broadcast();
    }
    co_await until_alone();
    EXPECT_EQ(woken, 20 * waiters);
    changed.broadcast();
  });
}

// Three goroutines hand a number on to each other: no signal may be missed between looking and waiting.
TEST_P(Cond, MissesNoSignalBetweenTheLookAndTheWait) {
  for (int round = 0; round < 20; ++round)
    run([]() -> task<> {
      const mutex lock;
      const cond changed(lock);
      int x = 0;
      go([&]() -> task<> {
        mutex::guard held = co_await lock.lock();
        x = 1;
        co_await changed.wait(held);
        EXPECT_EQ(x, 2);
        x = 3;
        changed.signal();
      });
      go([&]() -> task<> {
        mutex::guard held = co_await lock.lock();
        while (x != 1) {
          held.unlock();
          co_await this_goroutine::yield();
          held = co_await lock.lock();
        }
        x = 2;
        changed.signal();
      });
      go([&]() -> task<> {
        mutex::guard held = co_await lock.lock();
        while (x != 3) {
          if (x == 2) {
            co_await changed.wait(held);
            EXPECT_EQ(x, 3);
            break;
          }
          held.unlock();
          co_await this_goroutine::yield();
          held = co_await lock.lock();
        }
      });
      co_await until_alone();
      EXPECT_EQ(x, 3);
    });
}

TEST_P(Cond, ABroadcastIsNotStolenByWhoWaitsLater) {
  for (int round = 0; round < 50; ++round)
    run([]() -> task<> {
      const mutex lock;
      const cond changed(lock);
      const channel<> first_is_awake(1);
      record first{nullptr};
      bool over = false;
      go([&]() -> task<> {
        first = this_record();
        mutex::guard held = co_await lock.lock();
        co_await changed.wait(held);
        co_await first_is_awake.send();
      });
      co_await until_waits(first, wait_reason::cond_wait);
      go([&]() -> task<> {
        changed.broadcast();
        co_return;
      });
      go([&]() -> task<> {
        mutex::guard held = co_await lock.lock();
        while (!over) co_await changed.wait(held);
      });
      EXPECT_TRUE(co_await first_is_awake.receive());
      {
        const mutex::guard held = co_await lock.lock();
        over = true;
      }
      changed.broadcast();
      co_await until_alone();
    });
}

TEST_P(Cond, ProducersAndConsumersShareABoundedQueue) {
  run([]() -> task<> {
    const mutex lock;
    const cond not_full(lock);
    const cond not_empty(lock);
    int queued = 0;
    int consumed = 0;
    for (int i = 0; i < 4; ++i) {
      go([&]() -> task<> {
        for (int turn = 0; turn < 300; ++turn) {
          mutex::guard held = co_await lock.lock();
          while (queued == 3) co_await not_full.wait(held);
          ++queued;
          not_empty.signal();
        }
      });
      go([&]() -> task<> {
        for (int turn = 0; turn < 300; ++turn) {
          mutex::guard held = co_await lock.lock();
          while (queued == 0) co_await not_empty.wait(held);
          --queued;
          ++consumed;
          not_full.signal();
        }
      });
    }
    co_await until_alone();
    EXPECT_EQ(consumed, 1200);
    EXPECT_EQ(queued, 0);
  });
}

TEST_P(Cond, OfAnRwMutexLocksAgainAsTheGuardDid) {
  run([]() -> task<> {
    const rw_mutex lock;
    const cond changed(lock);
    bool ready = false;
    std::atomic<int> reading{0};
    for (int i = 0; i < 3; ++i) {
      record who{nullptr};
      go([&]() -> task<> {
        who = this_record();
        rw_mutex::guard held = co_await lock.lock_shared();
        while (!ready) co_await changed.wait(held);
        EXPECT_TRUE(held.owns_lock() && held.is_shared());
        ++reading;
        co_await until([&] { return reading == 3; });
      });
      co_await until_waits(who, wait_reason::cond_wait);
    }
    const auto let_go = [&]() -> task<> {
      rw_mutex::guard held = co_await lock.lock();
      ready = true;
      changed.broadcast();
      held.unlock();
      co_await until_alone();
      ready = false;
    };
    co_await let_go();
    // Not together with the readers: queued among them, a writer would keep the last of them out.
    record writer{nullptr};
    go([&]() -> task<> {
      writer = this_record();
      rw_mutex::guard held = co_await lock.lock();
      while (!ready) co_await changed.wait(held);
      EXPECT_TRUE(held.owns_lock() && !held.is_shared());
      EXPECT_FALSE(lock.try_lock_shared().owns_lock());
    });
    co_await until_waits(writer, wait_reason::cond_wait);
    co_await let_go();
    EXPECT_TRUE(lock.try_lock().owns_lock());
  });
}

TEST(CondOfAnyThread, WaitNeedsAGuardOfItsOwnMutex) {
  const mutex lock;
  const mutex other;
  const rw_mutex rw;
  const cond changed(lock);
  mutex::guard held = other.try_lock();
  rw_mutex::guard reading = rw.try_lock_shared();
  mutex::guard empty;
  expect_error(errc::not_locked, [&] { static_cast<void>(changed.wait(held)); });
  expect_error(errc::not_locked, [&] { static_cast<void>(changed.wait(empty)); });
  expect_error(errc::not_locked, [&] { static_cast<void>(changed.wait(reading)); });
  EXPECT_TRUE(held.owns_lock());
}

TEST(CondOfAnyThread, CopiesNameOneCondAndAMovedFromOneIsNil) {
  mutex lock;
  cond changed(lock);
  const cond copy(changed);
  EXPECT_EQ(changed, copy);
  EXPECT_NE(changed, cond(lock));
  const cond moved(std::move(changed));
  // NOLINTNEXTLINE(bugprone-use-after-move): a moved-from cond is nil
  EXPECT_TRUE(changed.is_nil());
  EXPECT_EQ(moved, copy);
  mutex::guard held = lock.try_lock();
  expect_error(errc::nil_handle, [&] { changed.signal(); });
  expect_error(errc::nil_handle, [&] { changed.broadcast(); });
  expect_error(errc::nil_handle, [&] { static_cast<void>(changed.wait(held)); });
  const mutex taken(std::move(lock));
  // NOLINTNEXTLINE(bugprone-use-after-move): a moved-from mutex is nil
  expect_error(errc::nil_handle, [&] { const cond never(lock); });
}

TEST_P(Cond, KeepsItsMutexAndIsKeptByItsWaiters) {
  detail::object* objects[2] = {};
  std::uint32_t generations[2] = {};
  run([&]() -> task<> {
    auto lock = std::make_unique<mutex>();
    auto changed = std::make_unique<cond>(*lock);
    objects[0] = detail::mutex_access::target(*lock);
    objects[1] = &object_of(*changed);
    for (int i = 0; i < 2; ++i) generations[i] = objects[i]->generation;
    record who{nullptr};
    bool woken = false;
    go([&]() -> task<> {
      who = this_record();
      mutex::guard held = co_await lock->lock();
      co_await changed->wait(held);
      woken = held.owns_lock();
    });
    co_await until_waits(who, wait_reason::cond_wait);
    cond last(*changed);
    changed.reset();
    lock.reset();
    for (int i = 0; i < 2; ++i) EXPECT_EQ(objects[i]->generation, generations[i]);
    go(
        [](cond mine) -> task<> {
          mine.signal();
          co_return;
        },
        std::move(last));
    co_await until_alone();
    EXPECT_TRUE(woken);
  });
  for (int i = 0; i < 2; ++i) EXPECT_EQ(objects[i]->generation, generations[i] + 1);
}

TEST_P(Cond, CanBeSignalledFromAnotherThread) {
  run([]() -> task<> {
    const mutex lock;
    const cond changed(lock);
    bool ready = false;
    record who{nullptr};
    go([&]() -> task<> {
      who = this_record();
      mutex::guard held = co_await lock.lock();
      while (!ready) co_await changed.wait(held);
    });
    co_await until_waits(who, wait_reason::cond_wait);
    {
      const mutex::guard held = co_await lock.lock();
      ready = true;
    }
    std::thread([changed] { changed.signal(); }).join();
    co_await until_alone();
  });
}

TEST_P(Cond, AWaiterSaysWhatItWaitsForAndThenWaitsForTheLock) {
  run([]() -> task<> {
    const mutex lock;
    const cond changed(lock);
    record who{nullptr};
    go([&]() -> task<> {
      who = this_record();
      mutex::guard held = co_await lock.lock();
      co_await changed.wait(held);
    });
    co_await until_waits(who, wait_reason::cond_wait);
    EXPECT_STREQ(detail::text_of(who.load()->reason), "sync.Cond.Wait");
    EXPECT_EQ(targets_of(who),
              (std::vector<target>{{&object_of(changed), set_of(capability::notify)}}));
    EXPECT_EQ(able(object_of(changed), capability::notify),
              (std::vector<const void*>{this_record()}))
        << "who waits cannot wake itself";
    mutex::guard held = co_await lock.lock();
    changed.signal();
    co_await until_waits(who, wait_reason::mutex_lock);
    EXPECT_EQ(
        targets_of(who),
        (std::vector<target>{{detail::mutex_access::target(lock), set_of(capability::unlock)}}));
    EXPECT_EQ(able(object_of(changed), capability::notify).size(), 2u)
        << "it can pass the signal on until it has the lock";
    held.unlock();
    co_await until_alone();
    EXPECT_EQ(able(object_of(changed), capability::notify).size(), 1u);
  });
}

}  // namespace
