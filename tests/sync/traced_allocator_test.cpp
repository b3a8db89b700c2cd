#include <deque>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "support/places.hpp"
#include "support/workers.hpp"

#include <leash/detail/base/exposure.hpp>
#include <leash/detail/sched/scheduler.hpp>
#include <leash/leash.hpp>

namespace {

using namespace leash;
using namespace leash::detail;
using leash::testing::block_of;
using leash::testing::core_of;
using leash::testing::reach_of;
using leash::testing::until_alone;

class TracedAllocator : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(TracedAllocator);

using blocks = std::set<const block_header*>;

template <class T>
using traced_vector = std::vector<T, traced_allocator<T>>;
template <class T>
using traced_list = std::list<T, traced_allocator<T>>;
template <class T>
using traced_deque = std::deque<T, traced_allocator<T>>;
using traced_string = std::basic_string<char, std::char_traits<char>, traced_allocator<char>>;
using entry = std::pair<const int, channel<int>>;
using traced_map = std::map<int, channel<int>, std::less<>, traced_allocator<entry>>;
using traced_table =
    std::unordered_map<int, channel<int>, std::hash<int>, std::equal_to<>, traced_allocator<entry>>;

static_assert(!std::is_nothrow_default_constructible_v<traced_allocator<int>>);
static_assert(std::is_nothrow_move_constructible_v<traced_vector<int>>);
static_assert(std::is_nothrow_move_assignable_v<traced_vector<int>>);
static_assert(is_shared_count<std::_Sp_counted_deleter<int*, std::default_delete<int>,
                                                       std::allocator<int>, std::_S_atomic>>);
static_assert(!is_shared_count<channel<int>>);

TEST(TracedAllocatorEquality, IsThatOfTheOwner) {
  const traced_allocator<int> one;
  const traced_allocator<int> other;
  EXPECT_NE(one, other);
  traced_allocator<int> copy;
  copy = one;
  EXPECT_EQ(copy, one);
  const traced_allocator<long> rebound(one);
  EXPECT_EQ(rebound, one);
  EXPECT_NE(rebound, other);
  EXPECT_NE(one.select_on_container_copy_construction(), one);
}

TEST(TracedAllocatorMemory, IsGivenBack) {
  const arena_usage before = usage();
  {
    traced_vector<int> numbers(1000, 7);
    EXPECT_EQ(block_of(numbers.data())->kind, block_kind::traced);
    numbers.resize(100'000);
    EXPECT_EQ(block_of(&numbers.back()), block_of(numbers.data()));
    traced_map map;
    for (int i = 0; i < 100; ++i) map[i] = channel<int>(1);
    traced_string text(1000, 'x');
    text += text;
    EXPECT_GT(usage().live_blocks, before.live_blocks + 200);
  }
  EXPECT_EQ(usage().live_blocks, before.live_blocks);
  EXPECT_EQ(usage().live_bytes, before.live_bytes);
}

TEST(TracedAllocatorMemory, OfTooMuchIsRefused) {
  traced_allocator<long> any;
  EXPECT_THROW(static_cast<void>(any.allocate(std::size_t{1} << 62)), std::bad_array_new_length);
}

// A container on a thread's stack, and in blocks that it is reached from.
template <class Container, class Add, class First>
void fill_copy_and_move(Add add, First first) {
  const arena_usage before = usage();
  {
    Container here;
    for (int i = 0; i < 100; ++i) add(here, i);
    const auto kept = make_traced<Container>(std::move(here));
    EXPECT_EQ(reach_of(core_of(first(*kept))), blocks{nullptr});
    here = Container();
    add(here, 1000);
    const auto copy = make_traced<Container>(*kept);
    EXPECT_EQ(copy->size(), 100u);
    kept->clear();
    std::swap(*kept, *copy);
    EXPECT_EQ(copy->size(), 0u);
    *copy = *kept;
    EXPECT_EQ(copy->size(), 100u);
    *copy = std::move(here);
    EXPECT_EQ(copy->size(), 1u);
    EXPECT_EQ(reach_of(core_of(first(*copy))), blocks{nullptr});
  }
  EXPECT_EQ(usage().live_blocks, before.live_blocks);
}

TEST(TracedAllocatorMemory, ServesEveryContainer) {
  const auto push = [](auto& into, int) { into.push_back(channel<int>(1)); };
  const auto front = [](auto& of) -> auto& { return of.front(); };
  const auto insert = [](auto& into, int key) { into.emplace(key, channel<int>(1)); };
  const auto first = [](auto& of) -> auto& { return of.begin()->second; };
  fill_copy_and_move<traced_vector<channel<int>>>(push, front);
  fill_copy_and_move<traced_list<channel<int>>>(push, front);
  fill_copy_and_move<traced_deque<channel<int>>>(push, front);
  fill_copy_and_move<traced_map>(insert, first);
  fill_copy_and_move<traced_table>(insert, first);
}

// The owner goes with what it owns, whichever way a container changes its contents.
template <class Container, class Add, class First>
task<> follow(Add add, First first) {
  Container mine;
  add(mine, 1);
  object& owner = core_of(first(mine));
  const auto* here = block_of(&mine);
  EXPECT_EQ(here->kind, block_kind::frame);
  EXPECT_EQ(reach_of(owner), blocks{here});

  const auto box = make_traced<Container>();
  static traced_ptr<Container> outside;
  outside = box;  // the box is reached from outside as well
  EXPECT_EQ(reach_of(owner), blocks{here});
  add(*box, 2);
  object& other = core_of(first(*box));
  EXPECT_EQ(reach_of(other), (blocks{here, nullptr})) << "box, outside";

  swap(mine, *box);
  EXPECT_EQ(reach_of(other), blocks{here});
  EXPECT_EQ(reach_of(owner), (blocks{here, nullptr}));

  *box = std::move(mine);
  EXPECT_EQ(reach_of(other), (blocks{here, nullptr}));
  add(mine, 3);  // the one that was moved from shares the owner still
  EXPECT_EQ(reach_of(core_of(first(mine))), (blocks{here, nullptr}));
  mine = Container();
  add(mine, 4);
  EXPECT_EQ(reach_of(core_of(first(mine))), blocks{here});

  Container copy = mine;
  copy = *box;
  EXPECT_EQ(reach_of(other), (blocks{here, nullptr}));
  outside.reset();
  EXPECT_EQ(reach_of(other), blocks{here});
  co_return;
}

TEST_P(TracedAllocator, FollowsWhatItOwns) {
  run([]() -> task<> {
    const auto push = [](auto& into, int) { into.push_back(channel<int>(1)); };
    const auto front = [](auto& of) -> auto& { return of.front(); };
    const auto insert = [](auto& into, int key) { into.emplace(key, channel<int>(1)); };
    const auto first = [](auto& of) -> auto& { return of.begin()->second; };
    co_await follow<traced_vector<channel<int>>>(push, front);
    co_await follow<traced_list<channel<int>>>(push, front);
    co_await follow<traced_deque<channel<int>>>(push, front);
    co_await follow<traced_map>(insert, first);
    co_await follow<traced_table>(insert, first);
  });
}

// Older ones forget the allocator of a node that is put back (PR114401).
#if !defined(_GLIBCXX_RELEASE) || _GLIBCXX_RELEASE >= 14
TEST_P(TracedAllocator, IsInTheNodeThatIsTakenOut) {
  run([]() -> task<> {
    traced_map mine;
    mine.emplace(1, channel<int>());
    object& owner = core_of(mine[1]);
    auto box = std::make_unique<traced_map::node_type>(mine.extract(1));
    EXPECT_EQ(reach_of(owner), (blocks{block_of(&mine), nullptr}));
    mine.insert(std::move(*box));
    box.reset();
    EXPECT_EQ(reach_of(owner), blocks{block_of(&mine)});
    co_return;
  });
}
#endif

TEST_P(TracedAllocator, LetsContainersOfOneOwnerBeSpliced) {
  run([]() -> task<> {
    traced_list<channel<int>> one(1);
    traced_list<channel<int>> two(one.get_allocator());
    two.splice(two.begin(), one);
    EXPECT_EQ(two.size(), 1u);
    EXPECT_EQ(reach_of(core_of(two.front())), blocks{block_of(&two)});
    co_return;
  });
}

TEST_P(TracedAllocator, NestsThroughContainers) {
  run([]() -> task<> {
    traced_vector<traced_vector<channel<int>>> table(3);
    for (auto& row : table) row.resize(3);
    EXPECT_EQ(reach_of(core_of(table[2][2])), blocks{block_of(&table)});
    const traced_vector<channel<int>> row = std::move(table[2]);
    table.clear();
    EXPECT_EQ(reach_of(core_of(row[2])), blocks{block_of(&row)});
    co_return;
  });
}

// Of its own blocks, that is: a string's unused words may hold an address of anything.
TEST_P(TracedAllocator, ExposesNothingOfAContainerThatIsSent) {
  run([]() -> task<> {
    const channel<traced_vector<channel<int>>> vectors(1);
    co_await vectors.send(traced_vector<channel<int>>(3));
    const auto received = co_await vectors.receive();
    EXPECT_FALSE(is_exposed(*block_of(received->data())));
    EXPECT_EQ(reach_of(core_of(received->front())), blocks{block_of(&received)});
    const channel<traced_string> texts(1);
    co_await texts.send(traced_string(100, 'x'));
    const auto text = co_await texts.receive();
    EXPECT_FALSE(is_exposed(*block_of(text->data())));
    const channel<std::pair<int, traced_list<int>>> lists(1);
    co_await lists.send({1, traced_list<int>{1, 2, 3}});
    const auto list = co_await lists.receive();
    EXPECT_FALSE(is_exposed(*block_of(&list->second.front())));
  });
}

// An address without the allocator is a borrowed one.
TEST_P(TracedAllocator, ExposesWhatAPlainPointerIsSentTo) {
  run([]() -> task<> {
    const channel<channel<int>*> pointers(1);
    traced_vector<channel<int>> mine(1);
    co_await pointers.send(mine.data());
    EXPECT_TRUE(is_exposed(*block_of(mine.data())));
  });
}

TEST_P(TracedAllocator, ACapturedContainerBorrowsNothing) {
  run([]() -> task<> {
    traced_vector<channel<int>> mine(3);
    go([mine = std::move(mine)]() -> task<> {
      EXPECT_EQ(current_goroutine()->borrows, nullptr);
      EXPECT_EQ(mine.size(), 3u);
      co_return;
    });
    mine = traced_vector<channel<int>>(2);
    EXPECT_NE(block_of(&mine[1]), block_of(&mine));
    go([&element = mine[1]]() -> task<> {
      const borrow_edge* edge = current_goroutine()->borrows;
      EXPECT_NE(edge, nullptr);
      if (edge != nullptr) {
        EXPECT_EQ(edge->block, block_of(&element));
      }
      co_return;
    });
    co_await until_alone();
  });
}

TEST_P(TracedAllocator, ServesContainersOfManyGoroutines) {
  run([]() -> task<> {
    for (int i = 0; i < 50; ++i)
      go([]() -> task<> {
        traced_map mine;
        for (int k = 0; k < 20; ++k) {
          mine.emplace(k, channel<int>());
          if (k % 5 == 0) co_await this_goroutine::yield();
        }
        EXPECT_EQ(reach_of(core_of(mine[7])), blocks{block_of(&mine)});
      });
    co_await until_alone();
  });
}

}  // namespace
