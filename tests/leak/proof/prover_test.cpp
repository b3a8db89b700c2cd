#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>
#include <vector>

#include <leash/leash.hpp>
#include <leash/testing.hpp>

#include "leak/proof/prove_all.hpp"
#include "support/proven.hpp"

namespace leash {
namespace {

using namespace std::chrono_literals;

// On virtual time, so that a sleep ends when nobody else can run.
constexpr runtime_options quiet{.processors = 2, .leaks = leak_policy::off, .virtual_time = true};

std::size_t proven() { return detail::prove_all().size(); }

// Until the others have got as far as they can.
task<> settle() { co_await sleep(20ms); }

template <class Body>
std::size_t proven_after(Body body) {
  std::size_t count = 0;
  run(
      [&]() -> task<> {
        co_await body();
        co_await settle();
        count = proven();
      },
      quiet);
  return count;
}

channel<int> global(0);
mutex crossed_a;
mutex crossed_b;

TEST(Prover, FindsTheLoserOfARace) {
  EXPECT_EQ(proven_after([]() -> task<> {
              channel<int> answers;
              for (int i = 0; i < 2; ++i) go([answers]() -> task<> { co_await answers.send(1); });
              co_await answers.receive();
            }),
            1u);
}

TEST(Prover, LeavesAloneWhatAHandleOfMainsCanEnd) {
  std::size_t count = 9;
  run(
      [&]() -> task<> {
        channel<int> answers;
        go([answers]() -> task<> { co_await answers.send(1); });
        co_await settle();
        count = proven();
        co_await answers.receive();
      },
      quiet);
  EXPECT_EQ(count, 0u);
}

TEST(Prover, SeesDirection) {
  std::size_t count = 0;
  run(
      [&]() -> task<> {
        channel<int> values;
        receive_channel<int> kept = values.receiver();
        go([kept]() -> task<> { co_await kept.receive(); });
        values = channel<int>::nil();
        co_await settle();
        count = proven();
      },
      quiet);
  EXPECT_EQ(count, 1u);
}

TEST(Prover, FindsCyclesOfTwo) {
  EXPECT_EQ(proven_after([]() -> task<> {
              channel<int> a;
              channel<int> b;
              go([a, b]() -> task<> {
                co_await a.receive();
                co_await b.send(1);
              });
              go([a, b]() -> task<> {
                co_await b.receive();
                co_await a.send(1);
              });
              co_return;
            }),
            2u);
}

TEST(Prover, FindsLocksTakenInOppositeOrder) {
  EXPECT_EQ(proven_after([]() -> task<> {
              go([]() -> task<> {
                const auto first = co_await crossed_a.lock();
                co_await sleep(2ms);
                const auto second = co_await crossed_b.lock();
              });
              go([]() -> task<> {
                const auto first = co_await crossed_b.lock();
                co_await sleep(2ms);
                const auto second = co_await crossed_a.lock();
              });
              co_return;
            }),
            2u);
}

TEST(Prover, FindsWhatWaitsForNothing) {
  EXPECT_EQ(proven_after([]() -> task<> {
              go([]() -> task<> { co_await select(); });
              go([]() -> task<> { co_await channel<int>::nil().receive(); });
              go([]() -> task<> { co_await background().done(); });
              co_return;
            }),
            3u);
}

TEST(Prover, LeavesAloneWhatAGlobalReaches) {
  EXPECT_EQ(proven_after([]() -> task<> {
              go([]() -> task<> { co_await global.receive(); });
              co_return;
            }),
            0u);
}

TEST(Prover, LeavesAloneWhatSleepsOrWillBeCancelled) {
  std::size_t count = 9;
  run(
      [&]() -> task<> {
        auto stop = with_cancel(background());
        go([]() -> task<> { co_await sleep(1h); });
        go(stop.context(), []() -> task<> { co_await select(); });
        go([done = stop.context()]() -> task<> { co_await done.done(); });
        go([]() -> task<> {
          const channel<int> never;
          std::optional<int> value;
          co_await select(on_receive(never, value), on_timeout(1h));
        });
        co_await settle();
        count = proven();
      },
      quiet);
  EXPECT_EQ(count, 0u);
}

TEST(Prover, FollowsBorrowsBuffersAndTracedBlocks) {
  struct shared {
    channel<int> values;
  };
  std::size_t while_kept = 9;
  std::size_t after = 0;
  run(
      [&]() -> task<> {
        {
          auto block = make_traced<shared>();
          channel<traced_ptr<shared>> box(1);
          const channel<int> waits_for = block->values;
          go([values = waits_for.receiver()]() -> task<> { co_await values.receive(); });
          co_await box.send(std::move(block));
        }
        co_await settle();
        after = proven();
      },
      quiet);
  EXPECT_EQ(after, 1u);
  run(
      [&]() -> task<> {
        channel<traced_ptr<shared>> box(1);
        {
          auto block = make_traced<shared>();
          go([values = block->values.receiver()]() -> task<> { co_await values.receive(); });
          co_await box.send(std::move(block));
        }
        co_await settle();
        while_kept = proven();
      },
      quiet);
  EXPECT_EQ(while_kept, 0u);
}

TEST(Prover, FindsMainItselfInADeadlock) {
  std::size_t count = 0;
  run(
      [&]() -> task<> {
        channel<int> never;
        const auto look = [&]() -> task<> {
          co_await settle();
          count = proven();
        };
        go(look);
        auto bound = with_timeout(background(), 60ms);
        auto joined = spawn(bound.context(), []() -> task<> { co_await select(); });
        try {
          co_await joined;
        } catch (const error& ended) {
          EXPECT_EQ(ended.code(), errc::deadline_exceeded);
        }
      },
      quiet);
  EXPECT_EQ(count, 0u);  // the deadline ends both
}

TEST(Prover, PatrolUnwindsWhatIsLeaked) {
  struct witness {
    std::atomic<int>* gone;
    explicit witness(std::atomic<int>& count) : gone(&count) {}
    witness(const witness&) = delete;
    ~witness() { ++*gone; }
  };
  static std::atomic<int> gone{0};
  gone = 0;
  leash::run(
      [&]() -> task<> {
        for (int i = 0; i < 100; ++i)
          go([]() -> task<> {
            const witness here(gone);
            const channel<int> a;
            go([a]() -> task<> {
              const witness there(gone);
              co_await a.send(1);
              co_await a.send(1);
            });
            co_await a.receive();
            co_await a.receive();
            co_await channel<int>(0).receive();
          });
        co_await testing::until([] { return gone == 200; });
        // The last one's frame is gone a moment before it is.
        co_await testing::until_alone();
      },
      {.processors = 2, .leaks = leak_policy::unwind, .patrol = 5ms});
}

// What is leaked, and whose frames nobody has: found from a plain thread, while all workers rest.
TEST(ReachFromOutside, FindsTheLoserOfARaceAndWhoWaitsForHim) {
  testing::what_is_proven::forget_all();
  std::size_t found = 0;
  runtime background({.processors = 2, .leaks = leak_policy::off});
  background.go([]() -> task<> {
    const channel<int> answers;
    for (int i = 0; i < 10; ++i)
      go([answers]() -> task<> {
        testing::what_is_proven::stays("loser");
        co_await answers.send(1);
      });
    co_return;
  });
  // How often it looks is no matter: what a worker has left somewhere is gone when it has run something else.
  for (int looks = 0; looks < 100'000 && found != 10; ++looks) {
    std::this_thread::yield();
    found = detail::prove_all().size();
  }
  EXPECT_EQ(found, 10u);
}

}  // namespace
}  // namespace leash
