#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <string>
#include <thread>

#include "race/stress_operations.hpp"
#include "support/watchdog.hpp"
#include "support/workers.hpp"

// Everything at once: random sends, receives, tries, selects, closes, cancels, deadlines, scopes and
// races, by many goroutines and a plain thread. Every value is received once, or is whole with its
// sender, or died with a buffer or an unwound goroutine; nothing is stuck and nothing is left.
// LEASH_STRESS_OPS: how many operations in all; LEASH_STRESS_SEED: which.
//
// It ends by construction. Those who are not patient do only what ends by itself, so the steps run out;
// then all channels are closed, or all goroutines cancelled, or main returns.

namespace {

using namespace leash;
using namespace leash::testing;

// How a round ends; main returns at once in the last of them.
enum class ending : std::uint8_t { close_all, cancel_all, survivors };

constexpr std::uint32_t patient_ones = 18;
constexpr std::uint32_t steady_ones = 6;

task<> run_round(world* where, std::uint64_t seed, ending how) {
  const cancelable_context root = with_cancel(background());
  where->leashes.set_root(root);
  constexpr auto no_end = ~std::size_t{0};
  for (std::uint32_t i = 0; i < patient_ones; ++i) {
    if (i % 3 == 0)
      go(act, where, ++seed, true, no_end);
    else
      go(root, act, where, ++seed, true, no_end);
  }
  for (std::uint32_t i = 0; i < steady_ones; ++i) go(root, act, where, ++seed, false, no_end);
  std::thread outsider([where, seed] { act_from_outside(*where, seed + 1); });
  co_await where->over.receive();
  outsider.join();
  if (how == ending::survivors) co_return;
  if (how == ending::cancel_all) root.cancel();
  where->channels.finish();
  co_await until_alone();
}

class ExactlyOnce : public OverWorkers {
 protected:
  using deeds = std::array<std::size_t, static_cast<std::size_t>(deed::count)>;

  void play(std::size_t steps, std::uint64_t seed, ending how) {
    const memory_usage before = memory();
    {
      world where(steps);
      const watchdog guard(
          [&] { return static_cast<std::uint64_t>(where.left.load()) * 31 + num_goroutines(); });
      run([&]() -> task<> { co_await run_round(&where, seed, how); });
      for (std::size_t i = 0; i < done_.size(); ++i) done_[i] += where.deeds[i];
      EXPECT_EQ(where.rings, where.heard);
      EXPECT_EQ(where.crews, 0);
      where.channels.forget();
      EXPECT_EQ(where.book.wrong(), 0u);
      returned_ += where.book.count(fact::returned);
      unwound_ += where.book.count(fact::unwound);
    }
    EXPECT_EQ(num_goroutines(), 0u);
    EXPECT_EQ(memory().live_frames, before.live_frames);
    EXPECT_EQ(memory().live_blocks, before.live_blocks);
  }

  deeds done_{};
  std::size_t returned_ = 0;
  std::size_t unwound_ = 0;
};
LEASH_OVER_WORKERS(ExactlyOnce);

TEST_P(ExactlyOnce, WhateverIsClosedCancelledAndRaced) {
  const std::size_t operations = stress_operations();
  const std::size_t rounds = std::clamp<std::size_t>(operations / 5'000, 1, 1'000);
  random_source seeds(stress_seed() + GetParam());
  SCOPED_TRACE("LEASH_STRESS_SEED=" + std::to_string(stress_seed()));
  for (std::size_t round = 0; round < rounds && !HasFailure(); ++round)
    play(operations / rounds, seeds(), static_cast<ending>(round % 3));
  for (std::size_t i = 0; i < done_.size(); ++i)
    EXPECT_GE(done_[i], operations / 10'000) << "deed " << i << " was hardly ever done";
  EXPECT_GE(returned_, operations / 100);
  EXPECT_GE(unwound_, operations / 10'000);
}

}  // namespace
