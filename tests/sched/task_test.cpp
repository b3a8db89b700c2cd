#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/workers.hpp"

#include <leash/channel.hpp>

namespace {

using namespace leash;

class Task : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(Task);

task<int> add(int a, int b) { co_return a + b; }

TEST_P(Task, RunsWhenItIsAwaitedAndNotBefore) {
  run([]() -> task<> {
    int ran = 0;
    const auto work = [&]() -> task<> {
      ++ran;
      co_return;
    };
    auto lazy = work();
    EXPECT_EQ(ran, 0);
    co_await std::move(lazy);
    EXPECT_EQ(ran, 1);
    {
      auto dropped = work();
    }
    EXPECT_EQ(ran, 1);
  });
}

TEST_P(Task, GivesItsValue) {
  EXPECT_EQ(run([]() -> task<int> { co_return co_await add(1, 2) + co_await add(3, 4); }), 10);
}

TEST_P(Task, GivesAValueThatOnlyMoves) {
  const auto make = []() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(7); };
  EXPECT_EQ(*run([make]() -> task<std::unique_ptr<int>> { co_return co_await make(); }), 7);
}

TEST_P(Task, ThrowsWhereItIsAwaited) {
  run([]() -> task<> {
    const auto fail = []() -> task<int> {
      throw std::runtime_error("no");
      co_return 1;
    };
    std::string caught;
    try {
      co_await fail();
    } catch (const std::runtime_error& what) {
      caught = what.what();
    }
    EXPECT_EQ(caught, "no");
    EXPECT_EQ(co_await add(1, 1), 2);
  });
}

TEST_P(Task, AnExceptionPassesThroughManyTasksAndDestroysTheirLocals) {
  struct nest {
    static task<> down(int depth, std::shared_ptr<int> held) {
      if (depth == 0) throw std::logic_error("bottom");
      co_await down(depth - 1, held);
    }
  };
  run([]() -> task<> {
    auto held = std::make_shared<int>(0);
    bool caught = false;
    try {
      co_await nest::down(1000, held);
    } catch (const std::logic_error&) {
      caught = true;
    }
    EXPECT_TRUE(caught);
    EXPECT_EQ(held.use_count(), 1);
  });
}

TEST_P(Task, ALongLoopOfTasksThatNeverSuspendNeedsNoStack) {
  run([]() -> task<> {
    int sum = 0;
    for (int i = 0; i < 100'000; ++i) sum += co_await add(i % 2, 1);
    EXPECT_EQ(sum, 150'000);
  });
}

TEST_P(Task, ADroppedTaskGivesItsFrameBack) {
  run([]() -> task<> {
    const std::size_t before = memory().live_frames;
    for (int i = 0; i < 100; ++i) {
      auto dropped = std::make_unique<task<int>>(add(i, i));
      dropped.reset();
      co_await add(i, i);
    }
    EXPECT_EQ(memory().live_frames, before);
  });
}

struct note {
  std::vector<int>* order;
  int number;
  ~note() { order->push_back(unwinding() ? number : -number); }
};

task<> wait_below(int depth, std::vector<int>* order) {
  const note mine{order, depth};
  if (depth == 0)
    co_await channel<>::nil().receive();
  else
    co_await wait_below(depth - 1, order);
}

TEST_P(Task, UnwindingDestroysFramesInnermostFirst) {
  std::vector<int> order;
  run([&]() -> task<> {
    go(wait_below, 4, &order);
    co_return;
  });
  // It may not have run at all before main returned; what was begun was unwound.
  for (std::size_t i = 0; i < order.size(); ++i) EXPECT_EQ(order[i], static_cast<int>(i));
}

TEST_P(Task, UnwindingDestroysTheWholeChainOfAWait) {
  std::vector<int> order;
  run([&]() -> task<> {
    channel<> started;
    go(
        [](channel<> started, std::vector<int>* order) -> task<> {
          co_await started.send();
          co_await wait_below(4, order);
        },
        started, &order);
    co_await started.receive();
    for (int i = 0; i < 100; ++i) co_await this_goroutine::yield();
  });
  if (GetParam() == 1) {
    EXPECT_EQ(order, (std::vector{0, 1, 2, 3, 4}));
  }
  for (std::size_t i = 0; i < order.size(); ++i) EXPECT_EQ(order[i], static_cast<int>(i));
}

}  // namespace
