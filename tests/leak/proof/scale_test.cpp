// What a proof costs, counted: goroutines, blocks and bytes, not time.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>
#include <vector>

#include <leash/detail/base/handle_walk.hpp>

#include "support/places.hpp"
#include "support/proven.hpp"

namespace leash {
namespace {

using namespace std::chrono_literals;

class Scale : public testing::ProvenOverWorkers {
 protected:
  template <class F>
  static void run(F main) {
    leash::run(std::move(main),
               {.processors = GetParam(), .leaks = leak_policy::off, .watchdog = 0ms});
  }
};

// How many goroutines are suspended, sleepers too.
std::size_t waiting() {
  const auto& records = detail::goroutine_pool::instance();
  std::size_t found = 0;
  for (std::uint32_t i = 0; i < records.size(); ++i)
    found += detail::state_of(records[i].word.load()) == detail::wait_state::waiting;
  return found;
}

// Each waits for the next one, whose channel it is, and the last of them sleeps.
void start_chain(std::size_t length) {
  receive_channel<int> next;
  for (std::size_t i = 0; i < length; ++i) {
    auto [sender, receiver] = make_channel<int>();
    go([next = std::exchange(next, std::move(receiver)), sender = std::move(sender),
        i]() -> task<> {
      if (i == 0) co_await sleep(1h);
      co_await next.receive();
    });
  }
}

TEST_P(Scale, OfAChainThatEndsInASleeperNobodyIsProvenAndTheCostIsLinear) {
  std::vector<detail::proof_effort> efforts;
  for (const std::size_t length : {1'000u, 10'000u, 100'000u})
    run([&]() -> task<> {
      start_chain(length);
      co_await testing::until([&] { return waiting() == length; });
      EXPECT_EQ(detail::prove_all().size(), 0u);
      efforts.push_back(detail::last_proof_effort());
    });
  const auto work = [](const detail::proof_effort& each) { return each.waiting + each.blocks; };
  for (std::size_t i = 1; i < efforts.size(); ++i) {
    EXPECT_GE(work(efforts[i]), 9 * work(efforts[i - 1]));
    EXPECT_LE(work(efforts[i]), 11 * work(efforts[i - 1]));
  }
}

// One word that something else has left behind may keep the whole of a chain from being proven: several times over, then.
TEST_P(Scale, OfAChainWhoseLastIsLeakedAllAre) {
  constexpr std::size_t length = 1'000;
  std::size_t most = 0;
  for (int i = 0; i < 5 && most != length; ++i)
    run([&]() -> task<> {
      receive_channel<int> next;
      for (std::size_t k = 0; k < length; ++k) {
        auto [sender, receiver] = make_channel<int>();
        go([next = std::exchange(next, std::move(receiver)),
            sender = std::move(sender)]() -> task<> { co_await next.receive(); });
      }
      next = {};
      co_await testing::until([&] { return waiting() == length; });
      most = std::max(most, detail::prove_all().size());
    });
  EXPECT_EQ(most, length);
}

// Leaks grow on a tree of goroutines while a prover never rests: each that it has found stays where it was, and in the end it has
// found all but a few, of which something has been left behind.
task<> grow(int depth, std::atomic<int>& grown) {
  if (depth == 0) {
    grown.fetch_add(1);
    co_await channel<int>().receive();
    co_return;
  }
  const wait_group branches;
  for (int i = 0; i < 2; ++i) branches.go(grow, depth - 1, std::ref(grown));
  if (depth % 2 == 0) co_await branches.wait();
}

TEST_P(Scale, ATreeOfLeaksGrowsWhileItIsProven) {
  constexpr int depth = 10;
  constexpr int leaves = 1 << depth;
  std::size_t moved = 0;
  std::size_t missing = 0;
  std::atomic<bool> over{false};
  std::thread proving([&] {
    std::vector<detail::proven_goroutine> known;
    while (!over.load()) {
      const auto found = detail::prove_all();
      if (detail::last_proof_effort().refused) continue;
      for (const detail::proven_goroutine& each : known)
        moved += each.record->word.load() != each.word;
      missing += found.size() < known.size();
      known = found;
    }
  });
  std::size_t at_last = 0;
  std::size_t there = 0;
  run([&]() -> task<> {
    std::atomic<int> grown{0};
    go(grow, depth, std::ref(grown));
    co_await testing::until(
        [&] { return grown.load() == leaves && waiting() == num_goroutines() - 1; });
    over = true;
    proving.join();
    at_last = detail::prove_all().size();
    there = num_goroutines() - 1;
  });
  EXPECT_EQ(moved, 0u);
  EXPECT_EQ(missing, 0u);
  EXPECT_LE(at_last, there);
  EXPECT_GE(at_last, there - leaves / 100);
}

LEASH_OVER_WORKERS(Scale);

// Who copies a handle waits for one batch at most, however many handles there are.
TEST(ManyHandles, ToOneChannelAreWalkedInBatches) {
  constexpr std::size_t many = 1'000'000;
  const channel<int> values;
  const std::vector<channel<int>> copies(many, values);
  detail::handle_walk walk(testing::core_of(values));
  std::size_t most = 0;
  std::size_t batches = 0;
  for (bool more = true; more; ++batches) {
    std::size_t held = 0;
    more = walk.next_batch([&](const detail::handle&) noexcept { return ++held, true; });
    most = std::max(most, held);
    // The lock is free between two batches.
    // NOLINTNEXTLINE(performance-unnecessary-copy-initialization): it takes the lock
    const channel<int> another = values;
  }
  EXPECT_EQ(most, detail::handle_walk::batch);
  EXPECT_GE(batches, many / detail::handle_walk::batch);
  EXPECT_GE(walk.visited(), many);
}

TEST(ManyHandles, ThatCannotSendAreAllLookedAtForAReceiver) {
  constexpr std::size_t many = 1'000'000;
  std::size_t found = 0;
  std::size_t bytes = 0;
  leash::run(
      [&]() -> task<> {
        const std::vector<receive_channel<int>> copies(many, channel<int>().receiver());
        go([values = copies.front()]() -> task<> { co_await values.receive(); });
        co_await testing::until([] { return waiting() == 1; });
        found = detail::prove_all().size();
        bytes = detail::last_proof_effort().bytes;
      },
      {.processors = 1, .leaks = leak_policy::off, .watchdog = 0ms});
  EXPECT_EQ(found, 1u);
  EXPECT_GT(bytes, many * sizeof(receive_channel<int>));
}

}  // namespace
}  // namespace leash
