#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "support/workers.hpp"

#include <leash/leash.hpp>

namespace {

using namespace leash;
using leash::testing::until;
using leash::testing::until_alone;

class WaitGroup : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(WaitGroup);

bool waits(const std::atomic<detail::goroutine*>& who) {
  const detail::goroutine* record = who.load();
  return record != nullptr && detail::state_of(record->word.load()) == detail::wait_state::waiting;
}

// Two barriers, used over and over.
TEST_P(WaitGroup, ReleasesEverybodyAndNobodyTooSoon) {
  run([]() -> task<> {
    constexpr int n = 16;
    const wait_group first;
    const wait_group second;
    for (int round = 0; round < 8; ++round) {
      first.add(n);
      second.add(n);
      const channel<> exited(n);
      for (int i = 0; i < n; ++i)
        go([=]() -> task<> {
          first.done();
          co_await second.wait();
          co_await exited.send();
        });
      co_await first.wait();
      for (int i = 0; i < n; ++i) {
        EXPECT_EQ(exited.try_receive(), op_status::would_block) << "released too soon";
        second.done();
      }
      for (int i = 0; i < n; ++i) co_await exited.receive();
    }
    co_await until_alone();
  });
}

TEST_P(WaitGroup, RefusesToGoBelowZero) {
  run([]() -> task<> {
    const wait_group group;
    group.add(1);
    group.done();
    try {
      group.done();
      ADD_FAILURE() << "more was done than was added";
    } catch (const error& refused) {
      EXPECT_EQ(refused.code(), errc::negative_counter);
    }
    group.add(2);
    EXPECT_THROW(group.add(-3), error);
    group.add(-2);
    co_await group.wait();
  });
}

// Go says "misuse" and panics, sometimes, when a count grows from zero while somebody waits. Here that is
// another round: who waits, waits for one of them.
TEST_P(WaitGroup, MayGrowFromZeroWhileSomebodyWaits) {
  run([]() -> task<> {
    for (int i = 0; i < 2000; ++i) {
      const wait_group group;
      group.add(1);
      go([group]() -> task<> { co_await group.wait(); });
      go([group]() -> task<> {
        group.add(1);
        group.done();
        co_return;
      });
      group.done();
      co_await until_alone();
    }
  });
}

TEST_P(WaitGroup, CanBeUsedAgainBeforeThePreviousWaitHasReturned) {
  run([]() -> task<> {
    for (int i = 0; i < 2000; ++i) {
      const wait_group group;
      group.add(1);
      go([group]() -> task<> {
        group.done();
        co_return;
      });
      go([group]() -> task<> {
        co_await group.wait();
        group.add(1);
        go([group]() -> task<> {
          group.done();
          co_return;
        });
        co_await group.wait();
      });
      co_await group.wait();
      co_await until_alone();
    }
  });
}

TEST_P(WaitGroup, WakesNobodyBeforeTheLastIsDone) {
  run([]() -> task<> {
    for (int i = 0; i < 1000; ++i) {
      const wait_group group;
      std::atomic<int> ran{0};
      for (int each = 0; each < 2; ++each) {
        group.add(1);
        go([&ran, group]() -> task<> {
          ++ran;
          group.done();
          co_return;
        });
      }
      co_await group.wait();
      EXPECT_EQ(ran, 2);
      co_await until_alone();
    }
  });
}

TEST_P(WaitGroup, WaitsAnywhereInAStructure) {
  run([]() -> task<> {
    struct {
      char before = 0;
      wait_group group;
    } x;
    x.group.add(1);
    go([&x]() -> task<> {
      x.group.done();
      co_return;
    });
    co_await x.group.wait();
    co_await until_alone();
  });
}

TEST_P(WaitGroup, StartsGoroutinesAndWaitsUntilTheyAreGone) {
  run([]() -> task<> {
    for (int i = 0; i < 100; ++i) {
      const wait_group group;
      auto held = std::make_shared<int>(0);
      std::atomic<int> ran{0};
      for (int each = 0; each < 5; ++each)
        group.go(
            [&ran, held](std::shared_ptr<int>, int n) -> task<> {
              co_await this_goroutine::yield();
              ran += n;
            },
            held, each);
      co_await group.wait();
      EXPECT_EQ(ran, 10);
      EXPECT_EQ(num_goroutines(), 1u);
      EXPECT_EQ(held.use_count(), 1);
    }
  });
}

TEST_P(WaitGroup, GoTakesAnyNumberOfArgumentsUpToSix) {
  run([]() -> task<> {
    const wait_group group;
    std::atomic<int> sum{0};
    const auto add = [&sum](auto... all) -> task<> {
      sum += (0 + ... + all);
      co_return;
    };
    group.go(add);
    group.go(add, 1);
    group.go(add, 1, 2);
    group.go(add, 1, 2, 3);
    group.go(add, 1, 2, 3, 4);
    group.go(add, 1, 2, 3, 4, 5);
    group.go(add, 1, 2, 3, 4, 5, 6);
    co_await group.wait();
    EXPECT_EQ(sum, 1 + 3 + 6 + 10 + 15 + 21);
  });
}

TEST_P(WaitGroup, ATokenIsDoneWhenItIsDestroyed) {
  run([]() -> task<> {
    const wait_group group;
    for (int i = 0; i < 10; ++i)
      go([](wait_group_token) -> task<> { co_await this_goroutine::yield(); }, group.token());
    auto early = group.token();
    auto moved = std::move(early);
    moved.done();
    moved.done();
    moved = group.token();
    moved = wait_group_token();
    co_await group.wait();
    co_await until_alone();
  });
}

TEST_P(WaitGroup, IsAHandle) {
  run([]() -> task<> {
    wait_group one;
    const wait_group copy = one;
    EXPECT_TRUE(copy == one);
    EXPECT_FALSE(copy == wait_group());
    one.add(1);
    const wait_group moved = std::move(one);
    // NOLINTBEGIN(bugprone-use-after-move)
    EXPECT_TRUE(one.is_nil());
    for (const auto& use : std::array<void (*)(const wait_group&), 4>{
             [](const wait_group& nil) { nil.add(1); }, [](const wait_group& nil) { nil.done(); },
             [](const wait_group& nil) { static_cast<void>(nil.token()); },
             [](const wait_group& nil) { static_cast<void>(nil.wait()); }}) {
      try {
        use(one);
        ADD_FAILURE();
      } catch (const error& refused) {
        EXPECT_EQ(refused.code(), errc::nil_handle);
      }
    }
    // NOLINTEND(bugprone-use-after-move)
    copy.done();
    co_await moved.wait();
  });
}

// What the proof of a leak reads: a token, in whoever's frame, can end the wait.
TEST_P(WaitGroup, AWaitIsForThoseWhoCanBeDone) {
  run([]() -> task<> {
    const channel<> gate;
    std::atomic<detail::goroutine*> waiter{nullptr};
    auto owner = std::make_unique<wait_group>();
    go([gate](wait_group_token) -> task<> { co_await gate.receive(); }, owner->token());
    go(
        [&waiter](wait_group group) -> task<> {
          waiter = detail::current_goroutine();
          co_await group.wait();
        },
        *owner);
    owner.reset();
    co_await until([&] { return waits(waiter); });
    const detail::goroutine& waiting = *waiter.load();
    EXPECT_STREQ(text_of(waiting.reason.load()), "sync.WaitGroup.Wait");
    EXPECT_EQ(waiting.target_count, 1u);
    const detail::capability_set ends = waiting.targets[0].capabilities.load();
    EXPECT_EQ(ends, detail::set_of(detail::capability::notify));
    int elsewhere = 0;
    detail::object& group = *waiting.targets[0].target.load();
    group.handle_lock.lock();
    for (auto* each = detail::handle::first_of(group); each != nullptr; each = each->next())
      elsewhere +=
          (each->capabilities() & ends) != 0 && detail::find_block(each)->owner.load() != &waiting;
    group.handle_lock.unlock();
    EXPECT_EQ(elsewhere, 1);
    gate.close();
    co_await until_alone();
  });
}

TEST_P(WaitGroup, CanBeDoneFromAnyThread) {
  run([]() -> task<> {
    for (int i = 0; i < 50; ++i) {
      const wait_group group;
      std::thread other([token = group.token()] {});
      co_await group.wait();
      other.join();
    }
  });
}

// The matrix of cancellation.

TEST_P(WaitGroup, AWaitOfADoomedGoroutineDoesNotReturn) {
  run([]() -> task<> {
    std::atomic<bool> went_on{false};
    const cancelable_context owner = with_cancel(background());
    go(owner, [&]() -> task<> {
      owner.cancel();
      co_await wait_group().wait();
      went_on = true;
    });
    co_await until_alone();
    EXPECT_FALSE(went_on);
  });
}

TEST_P(WaitGroup, ACancelledWaitLeavesTheOthersAlone) {
  run([]() -> task<> {
    for (int i = 0; i < 20; ++i) {
      const wait_group group;
      auto token = group.token();
      std::atomic<int> returned{0};
      std::array<std::atomic<detail::goroutine*>, 3> waiting{};
      const cancelable_context owner = with_cancel(background());
      const auto wait = [&](std::size_t number) -> task<> {
        waiting[number] = detail::current_goroutine();
        co_await group.wait();
        ++returned;
      };
      go(wait, std::size_t{0});
      go(owner, wait, std::size_t{1});
      go(wait, std::size_t{2});
      for (const auto& each : waiting) co_await until([&] { return waits(each); });
      if (i % 2 == 0)
        std::thread([&] { owner.cancel(); }).join();
      else
        owner.cancel();
      owner.cancel();
      co_await until([] { return num_goroutines() == 3; });
      EXPECT_EQ(returned, 0);
      token.done();
      co_await until_alone();
      EXPECT_EQ(returned, 2);
    }
  });
}

TEST_P(WaitGroup, ACancelAtTheInstantOfTheLastDoneIsEither) {
  run([]() -> task<> {
    for (int i = 0; i < 2000; ++i) {
      const wait_group group;
      std::atomic<int> returned{0};
      const cancelable_context owner = with_cancel(background());
      auto token = group.token();
      go([token = std::move(token), i]() mutable -> task<> {
        for (int pause = i % 3; pause > 0; --pause) co_await this_goroutine::yield();
        token.done();
      });
      go(owner, [&]() -> task<> {
        co_await group.wait();
        ++returned;
      });
      for (int pause = i % 5; pause > 0; --pause) co_await this_goroutine::yield();
      owner.cancel();
      co_await group.wait();
      co_await until_alone();
      EXPECT_LE(returned, 1);
    }
  });
}

TEST_P(WaitGroup, AnUnwoundGoroutineIsDone) {
  run([]() -> task<> {
    const wait_group group;
    const cancelable_context owner = with_cancel(background());
    const auto block = [](wait_group_token) -> task<> { co_await channel<>().receive(); };
    go(owner, block, group.token());
    go(owner, [kept = group.token()]() -> task<> { co_await channel<>().receive(); });
    co_await this_goroutine::yield();
    owner.cancel();
    co_await group.wait();
    co_await until_alone();
  });
}

// A destructor can take the count to zero in the middle of an unwinding.
TEST_P(WaitGroup, ADestructorInAnUnwoundGoroutineWakesTheWaiters) {
  run([]() -> task<> {
    const wait_group group;
    group.add(1);
    struct at_exit {
      const wait_group* group;
      ~at_exit() { group->done(); }
    };
    const cancelable_context owner = with_cancel(background());
    go(owner, [&group]() -> task<> {
      const at_exit last{&group};
      co_await channel<>().receive();
    });
    co_await this_goroutine::yield();
    owner.cancel();
    co_await group.wait();
    co_await until_alone();
  });
}

}  // namespace
