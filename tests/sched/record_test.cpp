#include <array>
#include <atomic>
#include <map>
#include <set>
#include <string>

#include "support/workers.hpp"

#include <leash/select.hpp>

// What the proof of a leak reads: owners, borrows, published waits, epochs.

namespace {

using namespace leash;
using namespace leash::detail;
using leash::testing::until;
using leash::testing::until_alone;

class Record : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(Record);

std::set<void*> borrows_of(const goroutine& borrower) {
  std::set<void*> blocks;
  for (const borrow_edge* edge = borrower.borrows.load(); edge != nullptr; edge = edge->next.load())
    blocks.insert(edge->block.load());
  return blocks;
}

struct traced_blocks {
  traced_blocks() {
    for (void*& block : blocks) block = allocate_block(64, block_kind::traced, nullptr);
  }
  traced_blocks(traced_blocks&&) = delete;
  ~traced_blocks() {
    for (void* block : blocks) free_block(block);
  }
  char* in(std::size_t which) const { return static_cast<char*>(blocks[which]) + 17; }
  std::set<void*> headers() const { return {find_block(blocks[0]), find_block(blocks[1])}; }

  void* blocks[2];
};

TEST_P(Record, ACaptureByReferenceBorrowsFromTheFrame) {
  run([]() -> task<> {
    std::set<void*> borrowed;
    block_header* frame = find_block(&borrowed);
    const std::uint32_t version = frame->version;
    go([&]() -> task<> {
      borrowed = borrows_of(*current_goroutine());
      co_return;
    });
    EXPECT_GT(frame->version, version);
    co_await until_alone();
    EXPECT_EQ(borrowed, std::set<void*>{frame});
  });
}

TEST_P(Record, EveryTargetOfACaptureIsKept) {
  std::set<void*> borrowed;
  const traced_blocks targets;
  run([&]() -> task<> {
    go([&borrowed, a = targets.in(0), b = targets.in(1)]() -> task<> {
      static_cast<void>(a);
      static_cast<void>(b);
      borrowed = borrows_of(*current_goroutine());
      co_return;
    });
    co_await until_alone();
  });
  EXPECT_EQ(borrowed, targets.headers());
}

TEST_P(Record, EveryTargetOfTheArgumentsIsKept) {
  std::set<void*> borrowed;
  const traced_blocks targets;
  run([&]() -> task<> {
    go(
        [](char*, std::set<void*>* into, char*) -> task<> {
          *into = borrows_of(*current_goroutine());
          co_return;
        },
        targets.in(0), &borrowed, targets.in(1));
    co_await until_alone();
  });
  EXPECT_EQ(borrowed, targets.headers());
}

TEST_P(Record, ValuesBorrowNothing) {
  std::atomic<int> seen{0};
  run([&]() -> task<> {
    go(
        [&seen](std::int64_t, std::string, channel<>) -> task<> {
          seen += borrows_of(*current_goroutine()).empty() ? 1 : 100;
          co_return;
        },
        // Of a fitting size: holes between values keep what was in that memory before.
        std::int64_t{5}, std::string("fifteen letters"), channel<>());
    go(
        [](std::int64_t, std::atomic<int>* seen) -> task<> {
          *seen += borrows_of(*current_goroutine()).empty() ? 1 : 100;
          co_return;
        },
        std::int64_t{5}, &seen);
    co_await until_alone();
  });
  EXPECT_EQ(seen, 2);
}

TEST_P(Record, AFrameBelongsToItsGoroutineBeforeItsBodyRuns) {
  run([]() -> task<> {
    const auto owner_here = [](int local) -> task<void*> {
      co_return find_block(&local)->owner.load();
    };
    auto lazy = owner_here(0);
    EXPECT_EQ(co_await std::move(lazy), current_goroutine());
    std::atomic<int> right{0};
    go([&right]() -> task<> {
      int local = 0;
      co_await this_goroutine::yield();
      right += find_block(&local)->owner.load() == current_goroutine() ? 1 : 100;
    });
    co_await until_alone();
    EXPECT_EQ(right, 1);
  });
}

// A frame that the compiler put into another frame's block.
struct elided {
  struct promise_type : promise_base {
    promise_type() { self = std::coroutine_handle<promise_type>::from_promise(*this); }
    elided get_return_object() { return {this}; }
    std::suspend_always initial_suspend() const noexcept { return {}; }
    std::suspend_always final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    static void* operator new(std::size_t) { return place; }
    static void operator delete(void*) noexcept {}
  };
  static inline void* place = nullptr;
  promise_type* promise;
};

TEST(RecordOfAFrame, IsFoundByItsAddressAlsoInsideAnotherBlock) {
  char* block = static_cast<char*>(allocate_block(4096, block_kind::frame, nullptr));
  elided::place = block + 512;
  const elided inner = []() -> elided { co_return; }();
  goroutine& runner = *goroutine_pool::instance().acquire();
  inner.promise->begin(runner);
  EXPECT_EQ(find_block(block)->owner.load(), &runner);
  EXPECT_EQ(runner.top, inner.promise);
  runner.top = nullptr;
  inner.promise->self.destroy();
  goroutine_pool::instance().release(&runner);
  free_block(block);
}

TEST_P(Record, AWaitIsPublishedBeforeItsWordSaysSo) {
  run([]() -> task<> {
    channel<int> gate;
    std::atomic<goroutine*> waiter{nullptr};
    go(
        [](channel<int> gate, std::atomic<goroutine*>* self) -> task<> {
          *self = current_goroutine();
          co_await gate.receive();
        },
        gate, &waiter);
    co_await until([&] {
      return waiter.load() != nullptr &&
             state_of(waiter.load()->word.load()) == wait_state::waiting;
    });
    const goroutine& record = *waiter.load();
    EXPECT_EQ(record.target_count, 1u);
    EXPECT_EQ(record.targets[0].target.load(), channel_access::target(gate));
    EXPECT_EQ(record.targets[0].capabilities.load(), set_of(capability::send));
    EXPECT_STREQ(text_of(record.reason), "chan receive");
    EXPECT_FALSE(record.external);
    co_await gate.send(1);
    co_await until_alone();
  });
}

TEST_P(Record, AllTargetsOfALargeSelectArePublished) {
  run([]() -> task<> {
    std::array<channel<int>, 16> many;
    std::atomic<goroutine*> waiter{nullptr};
    go([&]() -> task<> {
      waiter = current_goroutine();
      co_await std::apply([](const auto&... each) { return select(on_receive(each)...); }, many);
    });
    co_await until([&] {
      return waiter.load() != nullptr &&
             state_of(waiter.load()->word.load()) == wait_state::waiting;
    });
    const goroutine& record = *waiter.load();
    EXPECT_EQ(record.target_count, many.size());
    // What a side block holds beyond the count is left from earlier waits.
    std::multiset<object*> published;
    const auto read = [&](const auto& places) {
      for (const auto& each : places)
        if (published.size() < record.target_count) published.insert(each.target.load());
    };
    read(record.targets);
    for (const more_targets* block = record.more.load(); block != nullptr;
         block = block->next.load())
      read(block->targets);
    for (const auto& each : many) EXPECT_EQ(published.count(channel_access::target(each)), 1u);
    co_await many[11].send(1);
    co_await until_alone();
  });
}

// A prover that reads the word between the claim and the resumption must see that it changed.
TEST(RecordWord, IsChangedByTheClaimerBeforeTheClaimedRuns) {
  leash::run(
      []() -> task<> {
        const channel<int> gate;
        goroutine* waiter = nullptr;
        go([&waiter, gate]() -> task<> {
          waiter = current_goroutine();
          co_await gate.receive();
        });
        co_await this_goroutine::yield();
        const std::uint64_t parked = waiter->word;
        EXPECT_EQ(state_of(parked), wait_state::waiting);
        EXPECT_EQ(gate.try_send(1), op_status::success);
        EXPECT_EQ(waiter->word, with_state(parked, wait_state::claimed));
        co_await until_alone();
      },
      {.processors = 1, .leaks = leak_policy::off});
}

TEST_P(Record, EpochsGrowOverReuse) {
  run([]() -> task<> {
    std::map<const goroutine*, std::uint64_t> last;
    bool reused = false;
    for (int i = 0; i < 500; ++i) {
      channel<std::pair<const goroutine*, std::uint64_t>> out(1);
      go(
          [](auto out) -> task<> {
            const goroutine* self = current_goroutine();
            co_await out.send({self, self->word.load() >> 2});
          },
          out);
      const auto seen = *co_await out.receive();
      co_await until_alone();
      const auto [place, fresh] = last.try_emplace(seen.first, seen.second);
      if (fresh) continue;
      reused = true;
      EXPECT_GT(seen.second, place->second);
      place->second = seen.second;
    }
    EXPECT_TRUE(reused);
  });
}

TEST(RecordWord, CanBeClaimedOnceAndOnlyAsItWasParked) {
  goroutine& record = *goroutine_pool::instance().acquire();
  const std::uint64_t before = record.word;
  const std::uint64_t parked = next_epoch(before, wait_state::waiting);
  record.word = parked;
  EXPECT_FALSE(claim(record, before));
  EXPECT_TRUE(claim(record, parked));
  EXPECT_FALSE(claim(record, parked));
  EXPECT_EQ(state_of(record.word), wait_state::claimed);
  EXPECT_NE(record.word, parked);
  record.word = next_epoch(record.word, wait_state::dead);
  goroutine_pool::instance().release(&record);
}

}  // namespace
