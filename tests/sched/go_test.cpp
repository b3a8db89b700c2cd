#include <atomic>
#include <memory>
#include <string>

#include "support/workers.hpp"

#include <leash/channel.hpp>
#include <leash/error.hpp>

namespace {

using namespace leash;
using leash::testing::until;
using leash::testing::until_alone;

class Go : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(Go);

struct counted {
  std::atomic<int>* copies;
  explicit counted(std::atomic<int>& into) : copies(&into) {}
  counted(const counted& other) : copies(other.copies) { ++*copies; }
  counted(counted&& other) noexcept : copies(other.copies) {}
};

TEST_P(Go, MovesItsArgumentsAndCopiesNone) {
  std::atomic<int> copies{0};
  std::atomic<int> ran{0};
  run([&]() -> task<> {
    go(
        [&ran](counted, std::unique_ptr<int> only) -> task<> {
          ran += *only;
          co_return;
        },
        counted(copies), std::make_unique<int>(5));
    go(
        [](counted, std::atomic<int>* ran) -> task<> {
          ++*ran;
          co_return;
        },
        counted(copies), &ran);
    co_await until_alone();
  });
  EXPECT_EQ(copies, 0);
  EXPECT_EQ(ran, 6);
}

TEST_P(Go, KeepsTheArgumentOfAReferenceParameter) {
  run([]() -> task<> {
    channel<std::string> out;
    channel<> gate;
    {
      std::string text(100, 'x');
      go(
          [out, gate](const std::string& kept) -> task<> {
            co_await gate.receive();
            co_await out.send(kept);
          },
          text);
      text.assign(200, 'y');
    }
    co_await gate.send();
    EXPECT_EQ(co_await out.receive(), std::string(100, 'x'));
  });
}

TEST_P(Go, KeepsTheCapturesOfALambda) {
  run([]() -> task<> {
    channel<int> out;
    channel<> gate;
    {
      auto value = std::make_unique<int>(42);
      go([out, gate, value = std::move(value)]() -> task<> {
        co_await gate.receive();
        co_await out.send(*value);
      });
    }
    co_await gate.send();
    EXPECT_EQ(co_await out.receive(), 42);
  });
}

TEST_P(Go, DestroysClosuresBeforeTheGoroutineIsNotCountedAnyMore) {
  run([]() -> task<> {
    for (int i = 0; i < 200; ++i) {
      auto held = std::make_shared<int>(i);
      go([held](std::shared_ptr<int>) -> task<> { co_return; }, held);
      co_await until_alone();
      EXPECT_EQ(held.use_count(), 1);
    }
  });
}

TEST_P(Go, CountsGoroutines) {
  EXPECT_EQ(num_goroutines(), 0u);
  run([]() -> task<> {
    EXPECT_EQ(num_goroutines(), 1u);
    channel<> gate;
    for (int i = 0; i < 10; ++i)
      go([](channel<> gate) -> task<> { co_await gate.receive(); }, gate);
    EXPECT_EQ(num_goroutines(), 11u);
    gate.close();
    co_await until_alone();
  });
  EXPECT_EQ(num_goroutines(), 0u);
}

TEST_P(Go, GivesEveryGoroutineItsOwnNumber) {
  EXPECT_EQ(this_goroutine::id(), 0u);
  run([]() -> task<> {
    const auto mine = this_goroutine::id();
    EXPECT_NE(mine, 0u);
    channel<std::uint64_t> ids;
    go([](channel<std::uint64_t> ids) -> task<> { co_await ids.send(this_goroutine::id()); }, ids);
    EXPECT_NE(*co_await ids.receive(), mine);
    EXPECT_EQ(this_goroutine::id(), mine);
  });
}

TEST_P(Go, AYieldLetsTheOthersRun) {
  run([]() -> task<> {
    std::atomic<bool> ran{false};
    go([&]() -> task<> {
      ran = true;
      co_return;
    });
    co_await until([&] { return ran.load(); });
    co_await until_alone();
  });
}

TEST_P(Go, HoldsNoMemoryOfGoroutinesThatAreGone) {
  run([]() -> task<> {
    const memory_usage before = memory();
    channel<> gate;
    for (int i = 0; i < 1000; ++i)
      go(
          [gate](std::string text) -> task<> {
            co_await gate.receive();
            EXPECT_EQ(text.size(), 100u);
          },
          std::string(100, 'z'));
    EXPECT_GE(memory().live_frames, before.live_frames + 1000);
    gate.close();
    co_await until_alone();
    // Its memory goes after a goroutine has stopped being counted. One block is until's own frame.
    co_await until([&before] { return memory().live_blocks <= before.live_blocks + 1; });
  });
}

TEST(GoOutside, RefusesThreadsWithoutARuntime) {
  try {
    go([]() -> task<> { co_return; });
    FAIL() << "it started without a runtime";
  } catch (const error& refused) {
    EXPECT_EQ(refused.code(), errc::no_runtime);
  }
}

}  // namespace
