#include <atomic>
#include <memory>
#include <optional>
#include <thread>
#include <type_traits>
#include <vector>

#include "support/workers.hpp"

#include <leash/detail/base/exposure.hpp>
#include <leash/leash.hpp>

// What is lent to somebody outside, who may use it until the lend ends. The tests suspend when they have looked: what lives on across
// that lies in the frame, whatever the optimizer does.

namespace {

using namespace leash;
using namespace leash::detail;
using leash::testing::until_alone;

class Lend : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(Lend);

bool exposed(const void* place) { return is_exposed(*find_block(place)); }
std::uint32_t lends(const void* place) { return find_block(place)->lent.load(); }
std::uint64_t foreign_uses() { return count_exposures().foreign; }

static_assert(!std::is_copy_constructible_v<lend>);
static_assert(std::is_nothrow_move_constructible_v<lend> &&
              std::is_nothrow_move_assignable_v<lend>);
static_assert(std::is_constructible_v<lend, const channel<int>&>);
static_assert(!std::is_constructible_v<lend, channel<int>>);

TEST_P(Lend, LetsAThreadUseAHandleInTheFrame) {
  run([]() -> task<> {
    const std::uint64_t before = foreign_uses();
    const cancelable_context c = with_cancel(background());
    const lend lent(c);
    std::thread([&] { c.cancel(); }).join();
    EXPECT_TRUE(c.context().is_done());
    EXPECT_FALSE(exposed(&c));
    EXPECT_EQ(foreign_uses(), before);
    co_await this_goroutine::yield();
  });
}

TEST_P(Lend, IsMissedWhereThereIsNone) {
  run([]() -> task<> {
    const std::uint64_t before = foreign_uses();
    const cancelable_context c = with_cancel(background());
    std::thread([&] { c.cancel(); }).join();
    EXPECT_TRUE(c.context().is_done());
    EXPECT_TRUE(exposed(&c));
    EXPECT_EQ(foreign_uses(), before + 1);
    co_await this_goroutine::yield();
  });
}

TEST_P(Lend, LetsAThreadUseTheWholeFrame) {
  run([]() -> task<> {
    const std::uint64_t before = foreign_uses();
    const int anything = 1;
    const channel<int> values(1);
    const lend lent(anything);
    std::thread([&] { EXPECT_EQ(values.try_send(anything), op_status::success); }).join();
    EXPECT_EQ(foreign_uses(), before);
    co_await this_goroutine::yield();
  });
}

// In a checked build a use that is not in order ends the program.
TEST_P(Lend, LetsAGoroutineUseWhatItWasSmuggled) {
  run([]() -> task<> {
    const std::uint64_t before = foreign_uses();
    const channel<int> mine(1);
    const lend lent(mine);
    static std::atomic<const channel<int>*> smuggled{nullptr};
    smuggled = &mine;
    go([]() -> task<> { co_await smuggled.load()->send(1); });
    co_await until_alone();
    EXPECT_EQ(mine.size(), 1u);
    EXPECT_FALSE(exposed(&mine));
    EXPECT_EQ(foreign_uses(), before);
  });
}

TEST_P(Lend, EndsWithTheGuard) {
  run([]() -> task<> {
    const std::uint64_t before = foreign_uses();
    const channel<int> mine(2);
    const auto use = [&] { EXPECT_EQ(mine.try_send(1), op_status::success); };
    {
      const lend lent(mine);
      std::thread(use).join();
      EXPECT_EQ(foreign_uses(), before);
    }
    std::thread(use).join();
    EXPECT_EQ(foreign_uses(), before + 1);
    co_await this_goroutine::yield();
  });
}

TEST_P(Lend, EndsWithTheLastOfSeveral) {
  run([]() -> task<> {
    const channel<int> mine;
    const int other = 0;
    std::optional<lend> outer(std::in_place, mine);
    std::optional<lend> inner(std::in_place, other);
    EXPECT_EQ(lends(&mine), 2u);
    outer.reset();
    EXPECT_EQ(lends(&mine), 1u);
    inner.reset();
    EXPECT_EQ(lends(&mine), 0u);
    co_await this_goroutine::yield();
  });
}

// A proof that looked between a reading and its repetition sees that something was different.
TEST_P(Lend, GrowsTheVersionWhenItBeginsAndWhenItEnds) {
  run([]() -> task<> {
    const int x = 0;
    const auto& version = find_block(&x)->version;
    const std::uint32_t before = version;
    std::optional<lend> lent(std::in_place, x);
    const std::uint32_t during = version;
    EXPECT_GT(during, before);
    lent.reset();
    EXPECT_GT(version, during);
    co_await this_goroutine::yield();
  });
}

TEST_P(Lend, CanGoWithTheThread) {
  run([]() -> task<> {
    const std::uint64_t before = foreign_uses();
    const channel<> done(1);
    std::atomic<bool> looked{false};
    lend lent(done);
    std::thread borrower([&done, &looked, lent = std::move(lent)] {
      looked.wait(false);
      done.send_blocking();
    });
    EXPECT_EQ(lends(&done), 1u);
    looked = true;
    looked.notify_one();
    co_await done.receive();
    borrower.join();
    EXPECT_EQ(lends(&done), 0u);
    EXPECT_EQ(foreign_uses(), before);
  });
}

TEST_P(Lend, MovesAndIsAssigned) {
  run([]() -> task<> {
    const int x = 0;
    const auto elsewhere = std::make_unique<int>(0);
    lend first(x);
    lend second(std::move(first));
    EXPECT_EQ(lends(&x), 1u);
    lend third(x);
    EXPECT_EQ(lends(&x), 2u);
    third = std::move(second);
    EXPECT_EQ(lends(&x), 1u);
    third = lend(*elsewhere);
    EXPECT_EQ(lends(&x), 0u);
    co_await this_goroutine::yield();
  });
}

TEST(LendElsewhere, DoesNothing) {
  const int on_the_stack = 0;
  static const int global = 0;
  const auto on_the_heap = std::make_unique<int>(0);
  EXPECT_EQ(find_block(&on_the_stack), nullptr);
  const lend of_stack(on_the_stack);
  const lend of_global(global);
  const lend of_heap(*on_the_heap);
}

TEST(LendOfABlock, ThatEndsLaterTakesBackNoOthersLend) {
  void* block = allocate_block(72, block_kind::frame, nullptr);
  block_header* header = find_block(block);
  begin_lend(header);
  free_block(block);
  void* next = allocate_block(72, block_kind::frame, nullptr);
  block_header* reused = find_block(next);  // the same memory, but under AddressSanitizer
  begin_lend(reused);
  end_lend(header);
  EXPECT_EQ(reused->lent, 1u);
  end_lend(reused);
  EXPECT_EQ(reused->lent, 0u);
  free_block(next);
}

TEST(LendOfABlock, StaysWhenItWasLentTooOftenAtOnce) {
  void* block = allocate_block(72, block_kind::frame, nullptr);
  block_header* header = find_block(block);
  for (int i = 0; i < 300; ++i) begin_lend(header);
  for (int i = 0; i < 300; ++i) end_lend(header);
  EXPECT_EQ(header->lent, lent_for_good);
  free_block(block);
  std::vector<void*> blocks;
  for (int i = 0; i < 2000; ++i) {
    blocks.push_back(allocate_block(72, block_kind::frame, nullptr));
    EXPECT_EQ(find_block(blocks.back())->lent, 0u);
  }
  for (void* each : blocks) free_block(each);
}

TEST_P(Lend, MayBeMadeByManyThreadsAtOnce) {
  run([]() -> task<> {
    const int x = 0;
    {
      std::vector<std::thread> threads;
      for (int i = 0; i < 4; ++i)
        threads.emplace_back([&x] {
          for (int k = 0; k < 1000; ++k) const lend lent(x);
        });
      for (std::thread& each : threads) each.join();
    }
    EXPECT_EQ(lends(&x), 0u);
    co_await this_goroutine::yield();
  });
}

}  // namespace
