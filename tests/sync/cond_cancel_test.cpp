#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "support/stress.hpp"
#include "support/waits.hpp"

#include <leash/leash.hpp>

// What a cancel does to those who wait for a cond: the guard is empty, no lock is kept, no waiter is
// left, and no signal is lost.

namespace {

using namespace leash;
using detail::wait_reason;
using leash::testing::random_source;
using leash::testing::record;
using leash::testing::this_record;
using leash::testing::until_alone;
using leash::testing::until_waits;

class CondCancel : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(CondCancel);

bool has_waiters(const cond& named) {
  detail::object& object = *detail::cond_access::target(named);
  object.lock.lock();
  const bool found = !object.as<detail::cond_body>().waiters.empty();
  object.lock.unlock();
  return found;
}

// Notes in its destructor whether the guard was empty; it is to die before the guard.
template <class Guard>
struct guard_witness {
  const Guard& guard;
  std::atomic<int>& empty;
  ~guard_witness() {
    if (unwinding() && !guard.owns_lock()) ++empty;
  }
};

TEST_P(CondCancel, BeforeTheWaitLeavesTheGuardEmpty) {
  run([]() -> task<> {
    const mutex lock;
    const cond changed(lock);
    std::atomic<int> empty{0};
    cancelable_context owner = with_cancel(background());
    go(owner, [&]() -> task<> {
      mutex::guard held = co_await lock.lock();
      const guard_witness<mutex::guard> last{held, empty};
      owner.cancel();
      co_await changed.wait(held);
      ADD_FAILURE() << "a doomed goroutine went on";
    });
    co_await until_alone();
    EXPECT_EQ(empty, 1);
    EXPECT_TRUE(lock.try_lock().owns_lock());
    EXPECT_FALSE(has_waiters(changed));
  });
}

TEST_P(CondCancel, DuringTheWaitLeavesTheGuardEmptyAndTheSignalToOthers) {
  for (const bool rw : {false, true})
    run([rw]() -> task<> {
      const mutex lock;
      const rw_mutex rw_lock;
      const cond changed = rw ? cond(rw_lock) : cond(lock);
      std::atomic<int> empty{0};
      std::atomic<int> woken{0};
      const cancelable_context owner = with_cancel(background());
      const auto wait_for_it = [&](record& who) -> task<> {
        who = this_record();
        if (rw) {
          rw_mutex::guard held = co_await rw_lock.lock_shared();
          const guard_witness<rw_mutex::guard> last{held, empty};
          co_await changed.wait(held);
        } else {
          mutex::guard held = co_await lock.lock();
          const guard_witness<mutex::guard> last{held, empty};
          co_await changed.wait(held);
        }
        ++woken;
      };
      record first{nullptr};
      record second{nullptr};
      go(owner, [&]() -> task<> { co_await wait_for_it(first); });
      co_await until_waits(first, wait_reason::cond_wait);
      go([&]() -> task<> { co_await wait_for_it(second); });
      co_await until_waits(second, wait_reason::cond_wait);
      owner.cancel();
      changed.signal();
      co_await until_alone();
      EXPECT_EQ(woken, 1);
      EXPECT_EQ(empty, 1);
      EXPECT_TRUE(lock.try_lock().owns_lock());
      EXPECT_TRUE(rw_lock.try_lock().owns_lock());
    });
}

// It was signalled and waits for the lock when the cancel comes: the signal goes to the next.
TEST_P(CondCancel, OfWhoWasSignalledPassesTheSignalOn) {
  run([]() -> task<> {
    const mutex lock;
    const cond changed(lock);
    std::atomic<int> empty{0};
    std::atomic<int> woken{0};
    const cancelable_context owner = with_cancel(background());
    record first{nullptr};
    record others[2] = {nullptr, nullptr};
    go(owner, [&]() -> task<> {
      first = this_record();
      mutex::guard held = co_await lock.lock();
      const guard_witness<mutex::guard> last{held, empty};
      co_await changed.wait(held);
      ADD_FAILURE() << "a cancelled waiter was let in";
    });
    co_await until_waits(first, wait_reason::cond_wait);
    for (record& who : others) {
      go([&]() -> task<> {
        who = this_record();
        mutex::guard held = co_await lock.lock();
        co_await changed.wait(held);
        ++woken;
      });
      co_await until_waits(who, wait_reason::cond_wait);
    }
    mutex::guard held = co_await lock.lock();
    changed.signal();
    co_await until_waits(first, wait_reason::mutex_lock);
    owner.cancel();
    co_await until_waits(others[0], wait_reason::mutex_lock);
    EXPECT_TRUE(leash::testing::waits_with(others[1], wait_reason::cond_wait));
    held.unlock();
    co_await leash::testing::until([] { return num_goroutines() == 2; });
    EXPECT_EQ(woken, 1) << "one signal, one return";
    EXPECT_EQ(empty, 1);
    changed.signal();
    co_await until_alone();
    EXPECT_EQ(woken, 2);
  });
}

// Each round one signal and one cancel meet two waiters: whoever is left is woken by that signal.
TEST_P(CondCancel, AtTheInstantOfTheSignalLosesNoSignal) {
  run([]() -> task<> {
    random_source random(leash::testing::stress_seed());
    const mutex lock;
    const cond changed(lock);
    for (int round = 0; round < 300; ++round) {
      std::atomic<int> woken{0};
      const cancelable_context owner = with_cancel(background());
      record first{nullptr};
      record second{nullptr};
      const auto wait_for_it = [&](record& who) -> task<> {
        who = this_record();
        mutex::guard held = co_await lock.lock();
        co_await changed.wait(held);
        ++woken;
      };
      go(owner, [&]() -> task<> { co_await wait_for_it(first); });
      co_await until_waits(first, wait_reason::cond_wait);
      go([&]() -> task<> { co_await wait_for_it(second); });
      co_await until_waits(second, wait_reason::cond_wait);
      mutex::guard held;
      if (random.once_in(2)) held = co_await lock.lock();
      go([&owner]() -> task<> {
        owner.cancel();
        co_return;
      });
      if (random.once_in(2)) co_await this_goroutine::yield();
      for (volatile std::uint32_t pause = random.below(200); pause > 0;) pause = pause - 1;
      changed.signal();
      if (random.once_in(2)) co_await this_goroutine::yield();
      held = mutex::guard();
      co_await leash::testing::until([&] { return woken != 0; });
      changed.signal();  // for the second, when the first was woken
      co_await until_alone();
      EXPECT_GE(woken, 1);
      EXPECT_TRUE(lock.try_lock().owns_lock());
      EXPECT_FALSE(has_waiters(changed));
    }
  });
}

TEST_P(CondCancel, FromADestructorAndSignalInOne) {
  struct at_end {
    const cond& changed;
    const cancelable_context& other;
    ~at_end() {
      other.cancel();
      changed.signal();
    }
  };
  run([]() -> task<> {
    const mutex lock;
    const cond changed(lock);
    const cond dying_waits(lock);
    const cancelable_context owner = with_cancel(background());
    const cancelable_context other = with_cancel(background());
    std::atomic<int> woken{0};
    record canceled{nullptr};
    record kept{nullptr};
    record dying{nullptr};
    const auto wait_for_it = [&](record& who) -> task<> {
      who = this_record();
      mutex::guard held = co_await lock.lock();
      co_await changed.wait(held);
      ++woken;
    };
    go(other, [&]() -> task<> { co_await wait_for_it(canceled); });
    co_await until_waits(canceled, wait_reason::cond_wait);
    go([&]() -> task<> { co_await wait_for_it(kept); });
    co_await until_waits(kept, wait_reason::cond_wait);
    go(owner, [&]() -> task<> {
      const at_end last{changed, other};
      dying = this_record();
      mutex::guard held = co_await lock.lock();
      co_await dying_waits.wait(held);
    });
    co_await until_waits(dying, wait_reason::cond_wait);
    owner.cancel();
    co_await until_alone();
    EXPECT_EQ(woken, 1);
    EXPECT_TRUE(lock.try_lock().owns_lock());
  });
}

TEST_P(CondCancel, FromAnotherThreadAndTwice) {
  run([]() -> task<> {
    const mutex lock;
    const cond changed(lock);
    std::atomic<int> empty{0};
    cancelable_context owner = with_cancel(background());
    for (int i = 0; i < 20; ++i)
      go(owner, [&]() -> task<> {
        mutex::guard held = co_await lock.lock();
        const guard_witness<mutex::guard> last{held, empty};
        co_await changed.wait(held);
        ADD_FAILURE() << "nobody notifies";
      });
    std::thread outside([given = std::move(owner)] {
      given.cancel();
      given.cancel();
    });
    co_await until_alone();
    outside.join();
    EXPECT_FALSE(has_waiters(changed));
    EXPECT_TRUE(lock.try_lock().owns_lock());
  });
}

TEST_P(CondCancel, AtTheEndOfTheRuntimeKeepsNoLock) {
  const mutex lock;
  const cond changed(lock);
  run([&]() -> task<> {
    for (int i = 0; i < 50; ++i)
      go([&]() -> task<> {
        mutex::guard held = co_await lock.lock();
        for (;;) co_await changed.wait(held);
      });
    for (int i = 0; i < 5; ++i) co_await this_goroutine::yield();
    changed.broadcast();
  });
  EXPECT_TRUE(lock.try_lock().owns_lock());
  EXPECT_FALSE(has_waiters(changed));
}

}  // namespace
