#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <thread>
#include <vector>

#include <pthread.h>

#include "base/world/gate.hpp"
#include "base/world/stop.hpp"
#include "support/wait_until.hpp"

namespace {

using namespace leash::detail;

// Threads that count, each a number of its own, until they are told to end.
class counting_threads {
 public:
  explicit counting_threads(std::size_t count) : counts_(count) {
    for (std::size_t i = 0; i < count; ++i)
      threads_.emplace_back([this, i] {
        while (!over_.load(std::memory_order_relaxed))
          counts_[i].fetch_add(1, std::memory_order_relaxed);
      });
    for (const auto& each : counts_)
      while (each.load(std::memory_order_relaxed) == 0) std::this_thread::yield();
  }
  counting_threads(counting_threads&&) = delete;
  ~counting_threads() {
    over_ = true;
    for (std::thread& each : threads_) each.join();
  }

  std::uint64_t sum() const noexcept {
    std::uint64_t all = 0;
    for (const auto& each : counts_) all += each.load(std::memory_order_seq_cst);
    return all;
  }

 private:
  std::atomic<bool> over_{false};
  std::vector<std::atomic<std::uint64_t>> counts_;
  std::vector<std::thread> threads_;
};

// Until it succeeds: a thread may get no processor for a while.
template <class WhileStopped>
void stop_and(WhileStopped look) {
  for (;;) {
    stopped_world world;
    if (world.failed() != refusal::none) continue;
    look(world);
    return;
  }
}

TEST(StoppedWorld, NobodyMovesWhileItStands) {
  counting_threads threads(8);
  for (int i = 0; i < 100; ++i) {
    std::uint64_t before = 0;
    std::uint64_t after = 0;
    stop_and([&](stopped_world&) {
      before = threads.sum();
      for (int spins = 0; spins < 1000; ++spins) asm volatile("" ::: "memory");
      after = threads.sum();
    });
    EXPECT_EQ(before, after);
  }
  const std::uint64_t last = threads.sum();
  while (threads.sum() == last) std::this_thread::yield();  // they go on
}

TEST(StoppedWorld, AThreadThatSleepsIsWokenByNothingElse) {
  std::atomic<int> stage{0};
  std::thread sleeper([&] {
    stage = 1;
    stage.wait(1);
    stage = 3;
  });
  while (stage != 1) std::this_thread::yield();
  for (int i = 0; i < 20; ++i) stop_and([](stopped_world&) {});
  EXPECT_EQ(stage, 1);
  stage = 2;
  stage.notify_one();
  sleeper.join();
  EXPECT_EQ(stage, 3);
}

TEST(StoppedWorld, IsRefusedWhenAThreadBlocksTheSignal) {
  std::atomic<bool> blocked{false};
  std::atomic<bool> over{false};
  std::thread stubborn([&] {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, stop_signal());
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    blocked = true;
    while (!over) std::this_thread::yield();
  });
  while (!blocked) std::this_thread::yield();
  // Somebody else may get no processor for a while, and be named first.
  refusal came = refusal::no_answer;
  while (came == refusal::no_answer) {
    const stopped_world world;
    came = world.failed();
    EXPECT_NE(world.culprit(), 0);
  }
  EXPECT_EQ(came, refusal::blocked_signal);
  over = true;
  stubborn.join();
  stop_and([](stopped_world&) {});
}

TEST(StoppedWorld, WhoIsIdleStaysSo) {
  std::atomic<int> stage{0};
  std::thread idle([&] {
    know_this_thread();
    {
      const idle_here here;
      stage = 1;
      while (stage == 1) stage.wait(1);
    }
    stage = 3;
  });
  while (stage != 1) std::this_thread::yield();
  for (int i = 0; i < 20; ++i) stop_and([](const stopped_world&) {});
  EXPECT_EQ(stage, 1);
  stage = 2;
  stage.notify_one();
  idle.join();
  EXPECT_EQ(stage, 3);
}

TEST(StoppedWorld, WhoCeasesToBeIdleWaitsUntilItGoesOn) {
  std::atomic<int> stage{0};
  std::thread idle([&] {
    know_this_thread();
    {
      const idle_here here;
      stage = 1;
      while (stage == 1) {
      }
    }
    stage = 3;
  });
  while (stage != 1) std::this_thread::yield();
  stop_and([&](stopped_world&) {
    stage = 2;
    for (int i = 0; i < 1000; ++i) std::this_thread::yield();
    EXPECT_EQ(stage, 2);
  });
  idle.join();
  EXPECT_EQ(stage, 3);
}

}  // namespace
