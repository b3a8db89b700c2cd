#include <atomic>
#include <cstring>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "support/expect_error.hpp"
#include "support/places.hpp"
#include "support/waits.hpp"
#include "support/workers.hpp"

#include <leash/detail/base/exposure.hpp>
#include <leash/detail/sched/scheduler.hpp>
#include <leash/leash.hpp>

namespace {

using namespace leash;
using namespace leash::detail;
using leash::testing::able;
using leash::testing::block_of;
using leash::testing::core_of;
using leash::testing::expect_error;
using leash::testing::reach_of;
using leash::testing::until_alone;

class Traced : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(Traced);

struct counted {
  explicit counted(int& given) : alive(&given) { ++*alive; }
  counted(const counted&) = delete;
  ~counted() { --*alive; }
  int* alive;
};

static_assert(std::is_nothrow_default_constructible_v<traced_ptr<int>>);
static_assert(std::is_nothrow_move_constructible_v<traced_ptr<int>>);
static_assert(std::is_convertible_v<traced_ptr<int>, traced_ptr<const int>>);
static_assert(!std::is_convertible_v<traced_ptr<const int>, traced_ptr<int>>);
static_assert(std::is_empty_v<traced_from_this<int>>);

TEST(TracedPtr, IsNullUntilItIsGivenSomething) {
  traced_ptr<int> none;
  EXPECT_FALSE(none);
  EXPECT_EQ(none, nullptr);
  EXPECT_EQ(none.get(), nullptr);
  EXPECT_EQ(none.use_count(), 0u);
  const traced_ptr<int> copy = none;
  EXPECT_EQ(copy, none);
  none.reset();
  none = make_traced<int>(4);
  EXPECT_TRUE(none);
  EXPECT_NE(none, nullptr);
  EXPECT_EQ(*none, 4);
}

TEST(TracedPtr, DestroysItsObjectWithTheLast) {
  int alive = 0;
  const arena_usage before = usage();
  {
    traced_ptr<counted> first = make_traced<counted>(alive);
    traced_ptr<counted> second = first;
    EXPECT_EQ(first, second);
    EXPECT_EQ(first.use_count(), 2u);
    first.reset();
    EXPECT_EQ(first, nullptr);
    EXPECT_EQ(alive, 1);
    const traced_ptr<counted> third = std::move(second);
    EXPECT_EQ(second, nullptr);  // NOLINT(bugprone-use-after-move): null afterwards
    EXPECT_EQ(third.use_count(), 1u);
    EXPECT_EQ(alive, 1);
  }
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(usage().live_blocks, before.live_blocks);
}

TEST(TracedPtr, IsAssignedAlsoToItself) {
  int alive = 0;
  traced_ptr<counted> one = make_traced<counted>(alive);
  traced_ptr<counted>& same = one;
  one = same;
  one = std::move(same);
  EXPECT_EQ(alive, 1);
  one = make_traced<counted>(alive);
  EXPECT_EQ(alive, 1);
  one = nullptr;
  EXPECT_EQ(alive, 0);
}

struct animal {
  virtual ~animal() = default;
  int legs = 4;
};
struct named {
  virtual ~named() = default;
  std::string name = "rex";
};
struct dog : animal, named {};

TEST(TracedPtr, ConvertsAsAPointerDoes) {
  const traced_ptr<dog> rex = make_traced<dog>();
  traced_ptr<named> second_base = rex;
  EXPECT_EQ(second_base->name, "rex");
  EXPECT_EQ(second_base, rex);
  const traced_ptr<const named> constant = std::move(second_base);
  EXPECT_EQ(constant->name, "rex");
  const weak_traced_ptr<dog> weak = rex;
  const weak_traced_ptr<named> weak_base = weak;
  EXPECT_EQ(weak_base.lock(), constant);
}

struct link {
  traced_ptr<link> next;
  int* alive = nullptr;
  ~link() { --*alive; }
};

TEST(TracedPtr, MayHoldWhatItIsAssignedFrom) {
  int alive = 2;
  traced_ptr<link> list = make_traced<link>(make_traced<link>(nullptr, &alive), &alive);
  list = list->next;
  EXPECT_EQ(alive, 1);
  list = std::move(list->next);
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(list, nullptr);
}

TEST(TracedPtr, KeepsACircle) {
  int alive = 2;
  traced_ptr<link> one = make_traced<link>(nullptr, &alive);
  one->next = make_traced<link>(one, &alive);
  weak_traced_ptr<link> weak = one;
  one.reset();
  EXPECT_EQ(alive, 2);
  weak.lock()->next.reset();  // breaks it
  EXPECT_EQ(alive, 0);
}

struct throws {
  explicit throws(int& alive) : member(alive) { throw std::runtime_error("no"); }
  counted member;
};

TEST(TracedPtr, IsNotMadeWhenTheConstructorThrows) {
  int alive = 0;
  const arena_usage before = usage();
  EXPECT_THROW(make_traced<throws>(alive), std::runtime_error);
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(usage().live_blocks, before.live_blocks);
}

TEST(WeakTracedPtr, LocksWhileTheObjectLives) {
  int alive = 0;
  weak_traced_ptr<counted> weak;
  EXPECT_TRUE(weak.expired());
  EXPECT_EQ(weak.lock(), nullptr);
  traced_ptr<counted> strong = make_traced<counted>(alive);
  weak = strong;
  const weak_traced_ptr<counted> copy = weak;
  EXPECT_FALSE(copy.expired());
  EXPECT_EQ(strong.use_count(), 1u);
  EXPECT_EQ(copy.lock(), strong);
  strong.reset();
  EXPECT_EQ(alive, 0);
  EXPECT_TRUE(weak.expired());
  EXPECT_EQ(weak.lock(), nullptr);
  EXPECT_EQ(copy.lock(), nullptr);
}

TEST(WeakTracedPtr, KeepsNoMemoryOfTheBlock) {
  int alive = 0;
  const arena_usage before = usage();
  const weak_traced_ptr<counted> weak = make_traced<counted>(alive);
  EXPECT_EQ(usage().live_blocks, before.live_blocks);
  EXPECT_EQ(weak.lock(), nullptr);
}

TEST(WeakTracedPtr, SeesNothingNewInRecycledMemory) {
  int alive = 0;
  std::vector<weak_traced_ptr<counted>> weak;
  for (int i = 0; i < 1000; ++i) {
    const traced_ptr<counted> each = make_traced<counted>(alive);
    weak.emplace_back(each);
  }
  const traced_ptr<counted> now = make_traced<counted>(alive);
  for (const auto& each : weak) EXPECT_EQ(each.lock(), nullptr);
}

// Whoever knows the block weakly can come by a strong handle.
TEST(WeakTracedPtr, CountsAsAbleToUseTheBlock) {
  traced_ptr<channel<int>> strong = make_traced<channel<int>>();
  auto& owner = *static_cast<object*>(block_of(strong.get())->owner.load());
  const std::size_t strong_ones = able(owner, capability::use).size();
  const weak_traced_ptr<channel<int>> weak = strong;
  const weak_traced_ptr<channel<int>> copy = weak;
  EXPECT_EQ(able(owner, capability::use).size(), strong_ones + 2);
}

// A proof must look again: a strong handle may have been made.
TEST(WeakTracedPtr, IsListedAndLockGrowsTheVersion) {
  traced_ptr<channel<int>> strong = make_traced<channel<int>>();
  weak_traced_ptr<channel<int>> weak = strong;
  auto* const owner = static_cast<object*>(block_of(strong.get())->owner.load());
  EXPECT_TRUE(leash::testing::is_listed_in(weak, *owner));
  EXPECT_TRUE(leash::testing::is_listed_in(strong, *owner));
  const auto& version = owner->versions[static_cast<std::size_t>(capability::use)];
  const std::uint32_t before = version;
  const auto again = weak.lock();
  EXPECT_GT(version, before);
  EXPECT_TRUE(leash::testing::is_listed_in(again, *owner));
}

TEST(WeakTracedPtr, IsLockedByManyThreadsWhileTheLastStrongOneDies) {
  int alive = 0;
  for (int round = 0; round < 300; ++round) {
    traced_ptr<counted> strong = make_traced<counted>(alive);
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i)
      threads.emplace_back([weak = weak_traced_ptr<counted>(strong)] {
        while (const auto locked = weak.lock()) EXPECT_EQ(*locked->alive, 1);
      });
    strong.reset();
    for (std::thread& each : threads) each.join();
    EXPECT_EQ(alive, 0);
  }
}

struct self_aware : traced_from_this<self_aware> {
  explicit self_aware(bool ask = false) {
    early = weak_traced_this();
    if (ask) static_cast<void>(traced_this());
  }
  ~self_aware() { EXPECT_TRUE(weak_traced_this().expired()); }
  weak_traced_ptr<self_aware> early;
};

TEST(TracedFromThis, GivesOneMorePointer) {
  traced_ptr<self_aware> one = make_traced<self_aware>();
  const traced_ptr<self_aware> two = one->traced_this();
  EXPECT_EQ(one, two);
  EXPECT_EQ(one.use_count(), 2u);
  EXPECT_EQ(std::as_const(*one).traced_this(), one);
  EXPECT_EQ(one->weak_traced_this().lock(), one);
  EXPECT_EQ(one->early.lock(), one);
}

TEST(TracedFromThis, IsNoneWithoutATracedPtr) {
  self_aware on_the_stack;
  expect_error(errc::nil_handle, [&] { static_cast<void>(on_the_stack.traced_this()); });
  EXPECT_EQ(on_the_stack.weak_traced_this().lock(), nullptr);
  expect_error(errc::nil_handle, [] { static_cast<void>(make_traced<self_aware>(true)); });
}

struct session {
  channel<int> requests;
  traced_ptr<session> peer{};
};

TEST_P(Traced, ABlockIsReachedFromTheFrameOfItsPointer) {
  run([]() -> task<> {
    const traced_ptr<session> mine = make_traced<session>();
    mine->peer = make_traced<session>();
    object& inner = core_of(mine->peer->requests);
    EXPECT_EQ(reach_of(inner), std::set{block_of(&mine)});
    const weak_traced_ptr<session> outside_too = mine->peer;
    EXPECT_EQ(reach_of(inner), std::set{block_of(&mine)});
    static weak_traced_ptr<session> global;
    global = mine->peer;
    EXPECT_EQ(reach_of(inner), (std::set{block_of(&mine), block_of(&global)}));
    EXPECT_EQ(block_of(&global), nullptr);
    global.reset();
    co_return;
  });
}

TEST_P(Traced, ACircleIsReachedFromNowhere) {
  run([]() -> task<> {
    traced_ptr<session> mine = make_traced<session>();
    mine->peer = make_traced<session>();
    mine->peer->peer = mine;
    const channel<int> inner = mine->requests;
    const weak_traced_ptr<session> weak = mine;
    object& owner = *static_cast<object*>(block_of(mine.get())->owner.load());
    EXPECT_EQ(reach_of(owner), std::set{block_of(&mine)});
    mine.reset();
    EXPECT_EQ(reach_of(owner), std::set{block_of(&weak)}) << "a weak one counts";
    weak.lock()->peer.reset();
    EXPECT_TRUE(weak.expired());
    co_return;
  });
}

TEST_P(Traced, APointerThatIsSentExposesNothing) {
  const exposures before = count_exposures();
  run([]() -> task<> {
    const channel<traced_ptr<session>> sessions(1);
    const traced_ptr<session> mine = make_traced<session>();
    co_await sessions.send(mine);
    EXPECT_FALSE(is_exposed(*block_of(mine.get())));
    EXPECT_EQ(reach_of(core_of(mine->requests)).size(), 2u) << "this frame and the buffer";
    co_await sessions.receive();
    const channel<std::pair<weak_traced_ptr<session>, int>> weak(1);
    co_await weak.send({mine, 1});
  });
  EXPECT_EQ(count_exposures().sent, before.sent);
}

TEST_P(Traced, APlainPointerThatIsSentExposesTheBlock) {
  run([]() -> task<> {
    const channel<session*> sessions(1);
    const traced_ptr<session> mine = make_traced<session>();
    const std::uint64_t before = count_exposures().sent;
    co_await sessions.send(mine.get());
    EXPECT_TRUE(is_exposed(*block_of(mine.get())));
    EXPECT_EQ(count_exposures().sent, before + 1);
  });
}

std::size_t count_borrows() {
  std::size_t count = 0;
  for (const borrow_edge* edge = current_goroutine()->borrows.load(); edge != nullptr;
       edge = edge->next.load())
    ++count;
  return count;
}

TEST_P(Traced, ACaptureOfAPointerBorrowsNothing) {
  run([]() -> task<> {
    const traced_ptr<session> mine = make_traced<session>();
    const auto expect = [](std::size_t borrows) {
      EXPECT_EQ(count_borrows(), borrows);
      return 0;
    };
    go([mine, expect]() -> task<> {
      expect(0);
      EXPECT_EQ(mine->requests.capacity(), 0u);
      co_return;
    });
    go(
        [](traced_ptr<session>, weak_traced_ptr<session>) -> task<> {
          EXPECT_EQ(count_borrows(), 0u);
          co_return;
        },
        mine, weak_traced_ptr<session>(mine));
    go([plain = mine.get(), expect]() -> task<> {
      expect(1);
      EXPECT_EQ(plain->requests.capacity(), 0u);
      co_return;
    });
    co_await until_alone();
  });
}

TEST_P(Traced, AHandleInABlockMayBeUsedByAnybody) {
  const exposures before = count_exposures();
  run([]() -> task<> {
    const traced_ptr<session> mine = make_traced<session>();
    const traced_ptr<session> buffered = make_traced<session>(channel<int>(1));
    go([mine]() -> task<> { co_await mine->requests.send(1); });
    std::thread([buffered] {
      EXPECT_EQ(buffered->requests.try_send(2), op_status::success);
    }).join();
    EXPECT_EQ(co_await mine->requests.receive(), 1);
    co_await until_alone();
  });
  EXPECT_EQ(count_exposures().foreign, before.foreign);
}

TEST_P(Traced, AForeignUseOfThePointerIsCounted) {
  run([]() -> task<> {
    const exposures before = count_exposures();
    const traced_ptr<session> mine = make_traced<session>(channel<int>(1));
    std::thread([&] { EXPECT_EQ(mine->requests.try_send(2), op_status::success); }).join();
    EXPECT_TRUE(is_exposed(*block_of(&mine)));
    EXPECT_EQ(count_exposures().foreign, before.foreign + 1);
    co_return;
  });
}

TEST_P(Traced, ManyGoroutinesShareOne) {
  int alive = 0;
  run([&]() -> task<> {
    traced_ptr<counted> shared = make_traced<counted>(alive);
    for (int i = 0; i < 100; ++i)
      go([shared]() -> task<> {
        for (int k = 0; k < 10; ++k) {
          traced_ptr<counted> copy;
          copy = shared;
          co_await this_goroutine::yield();
          EXPECT_EQ(*copy->alive, 1);
        }
      });
    shared.reset();
    co_await until_alone();
  });
  EXPECT_EQ(alive, 0);
}

TEST_P(Traced, AnUnwoundGoroutineLetsGo) {
  int alive = 0;
  run([&]() -> task<> {
    const cancelable_context owner = with_cancel(background());
    const traced_ptr<counted> mine = make_traced<counted>(alive);
    go(owner, [mine]() -> task<> { co_await select(); });
    co_await this_goroutine::yield();
    owner.cancel();
    co_await until_alone();
    EXPECT_EQ(mine.use_count(), 1u);
  });
  EXPECT_EQ(alive, 0);
}

}  // namespace
