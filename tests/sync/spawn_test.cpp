#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/workers.hpp"

#include <leash/leash.hpp>

namespace {

using namespace leash;
using namespace std::chrono_literals;
using leash::testing::until;
using leash::testing::until_alone;
using leash::testing::virtual_time;

class Spawn : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(Spawn);

bool is_waiting(const std::atomic<detail::goroutine*>& who) {
  const detail::goroutine* record = who.load();
  return record != nullptr && detail::state_of(record->word.load()) == detail::wait_state::waiting;
}

// The code of the leash::error that the join throws.
template <class T>
task<std::error_code> error_of(join_handle<T> joined) {
  try {
    co_await joined.join();
  } catch (const error& thrown) {
    co_return thrown.code();
  }
  co_return std::error_code();
}

TEST_P(Spawn, GivesWhatTheTaskReturned) {
  run([]() -> task<> {
    const auto add = [](int a, int b) -> task<int> {
      co_await this_goroutine::yield();
      co_return a + b;
    };
    const auto sum = spawn(add, 1, 2);
    EXPECT_EQ(co_await sum.join(), 3);
    const auto again = spawn(add, 2, 2);
    EXPECT_EQ(co_await again, 4);
    EXPECT_EQ(co_await spawn(add, 20, 22), 42);
    auto nothing = spawn([]() -> task<> { co_return; });
    co_await std::move(nothing);
    EXPECT_TRUE(nothing.is_nil());  // NOLINT(bugprone-use-after-move)
  });
}

TEST_P(Spawn, TakesAnyNumberOfArgumentsUpToSix) {
  run([]() -> task<> {
    const auto sum = [](auto... all) -> task<int> { co_return (0 + ... + all); };
    const context ctx;
    EXPECT_EQ(co_await spawn(sum), 0);
    EXPECT_EQ(co_await spawn(sum, 1), 1);
    EXPECT_EQ(co_await spawn(sum, 1, 2), 3);
    EXPECT_EQ(co_await spawn(sum, 1, 2, 3), 6);
    EXPECT_EQ(co_await spawn(sum, 1, 2, 3, 4), 10);
    EXPECT_EQ(co_await spawn(sum, 1, 2, 3, 4, 5), 15);
    EXPECT_EQ(co_await spawn(sum, 1, 2, 3, 4, 5, 6), 21);
    EXPECT_EQ(co_await spawn(ctx, sum), 0);
    EXPECT_EQ(co_await spawn(ctx, sum, 1, 2, 3, 4, 5, 6), 21);
  });
}

TEST_P(Spawn, MovesItsValueOutAndDestroysItOnce) {
  static std::atomic<int> alive{0};
  struct counted {
    std::string text;
    explicit counted(std::string given) : text(std::move(given)) { ++alive; }
    counted(counted&& other) noexcept : text(std::move(other.text)) { ++alive; }
    ~counted() { --alive; }
  };
  run([]() -> task<> {
    const auto make = []() -> task<counted> { co_return counted(std::string(100, 'x')); };
    for (int i = 0; i < 100; ++i) {
      const counted value = co_await spawn(make);
      EXPECT_EQ(value.text, std::string(100, 'x'));
      EXPECT_EQ(alive, 1);
    }
    for (int i = 0; i < 100; ++i) {
      const auto dropped = spawn(make);
      if (i % 2 == 0) co_await until([&] { return dropped.has_ended(); });
    }
    co_await until_alone();
    // A value that nobody asked for goes with the closure, after its goroutine was last counted.
    co_await until([] { return alive == 0; });
    auto only =
        co_await spawn([]() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(5); });
    EXPECT_EQ(*only, 5);
  });
}

TEST_P(Spawn, RethrowsWhatTheTaskThrew) {
  run([]() -> task<> {
    const auto fail = [](bool later) -> task<int> {
      if (later) co_await this_goroutine::yield();
      throw std::runtime_error("broken");
    };
    for (const bool later : {false, true}) {
      const auto joined = spawn(fail, later);
      EXPECT_THROW(co_await joined.join(), std::runtime_error);
      EXPECT_THROW(co_await joined.join(), std::runtime_error) << "and so does the second join";
    }
  });
}

TEST_P(Spawn, AJoinReturnsWhenTheGoroutineIsGone) {
  run([]() -> task<> {
    for (int i = 0; i < 200; ++i) {
      auto held = std::make_shared<int>(i);
      auto joined = spawn(
          [held](std::shared_ptr<int>) -> task<> {
            auto local = held;
            co_await this_goroutine::yield();
            local.reset();
          },
          held);
      if (i % 2 == 0) co_await until([&] { return joined.has_ended(); });
      co_await std::move(joined);
      EXPECT_EQ(held.use_count(), 1);
      EXPECT_EQ(num_goroutines(), 1u);
    }
  });
}

TEST_P(Spawn, AnUnwoundGoroutineIsJoinedWithItsContextsErrorAndCause) {
  run([]() -> task<> {
    for (int i = 0; i < 50; ++i) {
      const cancelable_context owner = with_cancel(background());
      const auto joined = spawn(owner, []() -> task<int> {
        co_await channel<>().receive();
        co_return 1;
      });
      if (i % 2 == 0) co_await this_goroutine::yield();
      owner.cancel(std::make_exception_ptr(std::runtime_error("enough")));
      try {
        co_await joined.join();
        ADD_FAILURE() << "joined as if it had returned";
      } catch (const error& ended) {
        EXPECT_EQ(ended.code(), errc::canceled);
        EXPECT_THROW(std::rethrow_exception(ended.cause()), std::runtime_error);
        EXPECT_TRUE(std::string(ended.what()).ends_with("; the cause: enough")) << ended.what();
      }
    }
  });
}

TEST(SpawnWithDeadline, SaysThatItWasExceeded) {
  leash::run(
      []() -> task<> {
        const cancelable_context owner = with_timeout(background(), 5ms);
        EXPECT_EQ(co_await error_of(spawn(owner, []() -> task<> { co_await sleep(1h); })),
                  errc::deadline_exceeded);
      },
      virtual_time);
}

TEST_P(Spawn, ADroppedHandleLetsTheGoroutineGo) {
  run([]() -> task<> {
    const channel<int> out;
    {
      const auto dropped = spawn([out]() -> task<> { co_await out.send(7); });
    }
    EXPECT_EQ(co_await out.receive(), 7);
    auto first = spawn([out]() -> task<> { co_await out.send(8); });
    first = spawn([]() -> task<> { co_return; });
    EXPECT_EQ(co_await out.receive(), 8);
    co_await until_alone();
  });
}

task<> fail_after(channel<> gate) {
  co_await gate.receive();
  throw std::runtime_error("nobody hears this");
}

void fail_unheard(bool drop_first) {
  leash::run(
      [drop_first]() -> task<> {
        const channel<> gate;
        {
          const auto dropped = spawn(fail_after, gate);
          if (!drop_first) {
            gate.close();
            co_await until([&] { return dropped.has_ended(); });
          }
        }
        if (drop_first) gate.close();
        co_await until_alone();
      },
      {.processors = 1, .leaks = leak_policy::off});
}

TEST(SpawnDeathTest, AFailureThatNobodyCanHearOfEndsTheProgram) {
  EXPECT_DEATH(fail_unheard(true), "panic: nobody hears this(.|\n)*spawn_test.cpp");
  EXPECT_DEATH(fail_unheard(false), "panic: nobody hears this(.|\n)*spawn_test.cpp");
}

// With a handler the program goes on, and is told once, whenever the handle is dropped.
TEST_P(Spawn, AnUnheardFailureIsReportedOnce) {
  static std::atomic<int> reported{0};
  const uncaught_handler before =
      set_uncaught_handler([](const uncaught_exception&) noexcept { ++reported; });
  for (const bool drop_first : {true, false}) {
    reported = 0;
    run([drop_first]() -> task<> {
      const channel<> gate;
      {
        const auto dropped = spawn(fail_after, gate);
        if (!drop_first) {
          gate.close();
          co_await until([&] { return dropped.has_ended(); });
        }
      }
      gate.try_close();
      co_await until_alone();
    });
    EXPECT_EQ(reported, 1);
  }
  set_uncaught_handler(before);
}

TEST_P(Spawn, AFailureIsOfNoInterestToWhoIsLeavingBecauseOfAnother) {
  run([]() -> task<> {
    for (const bool fails_first : {false, true}) {
      const channel<> gate;
      const auto leave = [&]() -> task<> {
        const auto other = spawn(fail_after, gate);
        if (fails_first) {
          gate.close();
          co_await until([&] { return other.has_ended(); });
        }
        throw std::logic_error("first");
      };
      EXPECT_THROW(co_await leave(), std::logic_error);
      gate.try_close();
      co_await until_alone();
    }
  });
}

TEST(SpawnHandle, OfNothingRefusesAJoin) {
  leash::run(
      []() -> task<> {
        EXPECT_TRUE(join_handle<int>().is_nil());
        EXPECT_TRUE(join_handle<int>().has_ended());
        EXPECT_EQ(co_await error_of(join_handle<int>()), errc::nil_handle);
        auto joined = spawn([]() -> task<int> { co_return 1; });
        auto moved = std::move(joined);
        EXPECT_THROW(co_await std::move(joined), error);  // NOLINT(bugprone-use-after-move)
        EXPECT_FALSE(moved == join_handle<int>());
        EXPECT_EQ(co_await moved.join(), 1);
        EXPECT_EQ(co_await error_of(std::move(moved)), errc::nil_handle) << "a value is given once";
      },
      virtual_time);
}

TEST_P(Spawn, CanBeJoinedByMoreThanOne) {
  run([]() -> task<> {
    const channel<> gate;
    std::atomic<int> over{0};
    const auto joined = spawn([gate]() -> task<> { co_await gate.receive(); });
    for (int i = 0; i < 5; ++i)
      go([&]() -> task<> {
        co_await joined.join();
        ++over;
      });
    co_await this_goroutine::yield();
    EXPECT_EQ(over, 0);
    gate.close();
    co_await until_alone();
    EXPECT_EQ(over, 5);
  });
}

// What the proof of a leak reads: only the joined goroutine's closure can end the join.
TEST_P(Spawn, AJoinWaitsForTheJoinedGoroutineAlone) {
  run([]() -> task<> {
    const channel<> gate;
    std::atomic<detail::goroutine*> worker{nullptr};
    std::atomic<detail::goroutine*> joiner{nullptr};
    const auto joined = spawn([&]() -> task<> {
      worker = detail::current_goroutine();
      co_await gate.receive();
    });
    go([&]() -> task<> {
      joiner = detail::current_goroutine();
      co_await joined.join();
    });
    co_await until([&] { return is_waiting(joiner) && worker != nullptr; });
    const detail::goroutine& waiting = *joiner.load();
    EXPECT_STREQ(text_of(waiting.reason.load()), "goroutine join");
    EXPECT_FALSE(waiting.external);
    EXPECT_EQ(waiting.target_count, 1u);
    detail::object& completion = *waiting.targets[0].target.load();
    const detail::capability_set ends = waiting.targets[0].capabilities.load();
    EXPECT_EQ(ends, detail::set_of(detail::capability::join));
    int able = 0;
    completion.handle_lock.lock();
    for (auto* each = detail::handle::first_of(completion); each != nullptr; each = each->next()) {
      if ((each->capabilities() & ends) == 0) continue;
      ++able;
      EXPECT_EQ(detail::find_block(each)->owner.load(), worker.load());
    }
    completion.handle_lock.unlock();
    EXPECT_EQ(able, 1);
    gate.close();
    co_await until_alone();
  });
}

TEST_P(Spawn, InAScopeIsAChildOfIt) {
  run([]() -> task<> {
    int sum = 0;
    co_await with_scope([&](scope& s) -> task<> {
      auto a = s.spawn([]() -> task<int> { co_return 1; });
      auto b = s.spawn([](int n) -> task<int> { co_return n; }, 2);
      const auto dropped = s.spawn([]() -> task<std::string> {
        co_await this_goroutine::yield();
        co_return "unheard";
      });
      sum = co_await a.join() + co_await std::move(b);
    });
    EXPECT_EQ(sum, 3);
    EXPECT_EQ(num_goroutines(), 1u);
    EXPECT_THROW(co_await with_scope([&](scope& s) -> task<> {
                   const auto fails = s.spawn([]() -> task<int> {
                     co_await this_goroutine::yield();
                     throw std::runtime_error("child");
                   });
                   co_await channel<>().receive();
                 }),
                 std::runtime_error);
    EXPECT_EQ(num_goroutines(), 1u);
  });
}

// The matrix of cancellation: what becomes of a join whose goroutine is unwound.

TEST_P(Spawn, AJoinOfADoomedGoroutineDoesNotHappen) {
  run([]() -> task<> {
    std::atomic<bool> went_on{false};
    const cancelable_context owner = with_cancel(background());
    go(owner, [&]() -> task<> {
      auto ended = spawn([]() -> task<int> { co_return 1; });
      co_await until([&] { return ended.has_ended(); });
      owner.cancel();
      co_await std::move(ended);
      went_on = true;
    });
    co_await until_alone();
    EXPECT_FALSE(went_on);
  });
}

TEST_P(Spawn, ACancelledJoinLeavesTheGoroutineToBeJoinedAgain) {
  run([]() -> task<> {
    const channel<> gate;
    const auto joined = spawn([gate]() -> task<int> {
      co_await gate.receive();
      co_return 9;
    });
    for (int i = 0; i < 20; ++i) {
      std::atomic<detail::goroutine*> joiner{nullptr};
      const cancelable_context owner = with_cancel(background());
      go(owner, [&]() -> task<> {
        joiner = detail::current_goroutine();
        co_await joined.join();
        ADD_FAILURE() << "a cancelled join went on";
      });
      co_await until([&] { return is_waiting(joiner); });
      if (i % 2 == 0)
        std::thread([&] { owner.cancel(); }).join();
      else
        owner.cancel();
      owner.cancel();
      co_await until([] { return num_goroutines() == 2; });
    }
    gate.close();
    EXPECT_EQ(co_await joined.join(), 9);
  });
}

TEST_P(Spawn, AJoinCancelledAtTheInstantOfTheEndIsEitherAndLosesNothing) {
  std::atomic<int> joined_count{0};
  run([&]() -> task<> {
    for (int i = 0; i < 2000; ++i) {
      const channel<> gate(1);
      const cancelable_context owner = with_cancel(background());
      const auto joined = spawn([gate]() -> task<std::unique_ptr<int>> {
        co_await gate.receive();
        co_return std::make_unique<int>(3);
      });
      go(owner, [&]() -> task<> {
        const auto value = co_await joined.join();
        joined_count += *value == 3;
      });
      if (i % 3 != 0) co_await this_goroutine::yield();
      co_await gate.send();
      for (int pause = i % 5; pause > 0; --pause) co_await this_goroutine::yield();
      owner.cancel();
      co_await until_alone();
    }
  });
  EXPECT_GT(joined_count, 0);
}

// A handle that is dropped by a destructor of an unwound goroutine takes the failure with it.
TEST_P(Spawn, AnUnwoundOwnerLetsGoOfAFailure) {
  run([]() -> task<> {
    for (int i = 0; i < 4; ++i) {
      const channel<> gate;
      std::atomic<bool> started{false};
      cancelable_context owner = with_cancel(background());
      go(owner, [&, i]() -> task<> {
        auto mine = spawn(fail_after, gate);
        if (i >= 2) {
          gate.close();
          co_await until([&] { return mine.has_ended(); });
          owner.cancel();
        }
        started = true;
        if (i % 2 == 0) co_await channel<>().receive();
        co_await std::move(mine);
      });
      co_await until([&] { return started.load(); });
      owner.cancel();
      co_await until([&] { return num_goroutines() <= 2; });
      gate.try_close();
      co_await until_alone();
    }
  });
}

TEST_P(Spawn, HoldsNoMemoryOfGoroutinesThatAreGone) {
  run([]() -> task<> {
    const memory_usage before = memory();
    for (int i = 0; i < 300; ++i) {
      auto joined = spawn([](std::string text) -> task<std::string> { co_return text; },
                          std::string(100, 'z'));
      if (i % 3 != 0) {
        EXPECT_EQ((co_await joined.join()).size(), 100u);
      }
    }
    co_await until_alone();
    // Its memory goes after a goroutine has stopped being counted. One block is until's own frame.
    co_await until([&before] { return memory().live_blocks <= before.live_blocks + 1; });
  });
}

}  // namespace
