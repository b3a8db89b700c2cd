#include <gtest/gtest.h>

#include <chrono>

#include "support/workers.hpp"

#include <leash/leash.hpp>

// Virtual time goes on while goroutines wait for each other: what tests/go_semantics.md names for Go's synctest.

namespace {

using namespace leash;
using namespace std::chrono_literals;
using leash::testing::until_alone;
using leash::testing::virtual_time;

TEST(WaitsInVirtualTime, AWaitGroupTakesAsLongAsTheLast) {
  run(
      []() -> task<> {
        const wait_group group;
        group.add(1);
        go([group]() -> task<> {
          co_await sleep(1h);
          group.done();
        });
        const auto began = now();
        co_await group.wait();
        EXPECT_EQ(now() - began, 1h);
      },
      virtual_time);
}

task<> wait_once(mutex lock, cond changed) {
  auto guard = co_await lock.lock();
  co_await changed.wait(guard);
}

TEST(WaitsInVirtualTime, ACondWakesAtTheMomentOfTheSignal) {
  run(
      []() -> task<> {
        const mutex lock;
        const cond changed(lock);
        const auto began = now();
        go([lock, changed]() -> task<> {
          co_await sleep(1h);
          changed.signal();
          co_await sleep(1h);
          changed.broadcast();
        });
        co_await wait_once(lock, changed);
        EXPECT_EQ(now() - began, 1h);
        go(wait_once, lock, changed);
        co_await wait_once(lock, changed);
        co_await until_alone();
        EXPECT_EQ(now() - began, 2h);
      },
      virtual_time);
}

TEST(WaitsInVirtualTime, AWaitGroupCanGoFromOneRunToTheNext) {
  const wait_group group;
  for (int i = 0; i < 2; ++i)
    run(
        [group]() -> task<> {
          group.add(1);
          group.done();
          group.go([]() -> task<> { co_await sleep(1h); });
          co_await group.wait();
        },
        virtual_time);
}

constexpr auto for_ever = std::chrono::nanoseconds::max();

// So far away that it cannot be added to the time.
TEST(WaitsInVirtualTime, ATimeOutAsLongAsCanBeNeverComes) {
  run(
      []() -> task<> {
        const channel<> later(1);
        const auto send_later = [later]() -> task<> {
          co_await sleep(1h);
          co_await later.send();
        };
        go(send_later);
        EXPECT_EQ(co_await select(on_timeout(for_ever), on_receive(later)), 1u);
        go(send_later);
        selector one;
        one.add(on_timeout(for_ever));
        one.add(on_receive(later));
        EXPECT_EQ(co_await one.wait(), 1u);
        co_await timeout(for_ever, []() -> task<> { co_await sleep(1h); }());
      },
      virtual_time);
}

}  // namespace
