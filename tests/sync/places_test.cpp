#include <any>
#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "support/places.hpp"
#include "support/workers.hpp"

#include <leash/leash.hpp>

// Where the handles are that a program keeps in all sorts of things: each is listed at its own address, and
// that address is found to belong to the frame, or to lie outside.

namespace {

using namespace leash;
using namespace leash::detail;
using leash::testing::block_of;
using leash::testing::core_of;
using leash::testing::handles_of;
using leash::testing::is_listed_in;
using leash::testing::reach_of;
using leash::testing::until_alone;

class Places : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(Places);

using blocks = std::set<const block_header*>;

const blocks outside = {nullptr};

// The only handle of the channel lies in `place`, which lies in a frame, and nowhere else. The tests suspend when they have looked:
// what lives on across that lies in the frame, whatever the optimizer does.
template <class T>
void expect_only_in(const T& place, object& owner) {
  EXPECT_EQ(handles_of(owner).size(), 1u);
  EXPECT_TRUE(is_listed_in(place, owner));
  ASSERT_NE(block_of(&place), nullptr);
  EXPECT_EQ(block_of(&place)->kind, block_kind::frame);
  EXPECT_EQ(reach_of(owner), blocks{block_of(&place)});
}

TEST_P(Places, AVariableOfAFrame) {
  run([]() -> task<> {
    const channel<int> plain;
    expect_only_in(plain, core_of(plain));
    const send_channel<int> narrowed = channel<int>();
    expect_only_in(narrowed, core_of(narrowed));
    co_await this_goroutine::yield();
  });
}

TEST_P(Places, AnOptional) {
  run([]() -> task<> {
    std::optional<channel<int>> maybe(std::in_place);
    object& owner = core_of(*maybe);
    expect_only_in(maybe, owner);
    std::optional<channel<int>> taken = std::move(maybe);
    expect_only_in(taken, owner);
    std::swap(maybe, taken);
    expect_only_in(maybe, owner);
    maybe = channel<int>();
    EXPECT_NE(&core_of(*maybe), &owner);
    expect_only_in(maybe, core_of(*maybe));
    co_await this_goroutine::yield();
  });
}

TEST_P(Places, AVariant) {
  run([]() -> task<> {
    std::variant<int, channel<int>, cancelable_context> either = channel<int>();
    object& owner = core_of(std::get<1>(either));
    expect_only_in(either, owner);
    auto moved = std::move(either);
    expect_only_in(moved, owner);
    const channel<int> keeps = std::get<1>(moved);
    moved = with_cancel(background());
    EXPECT_FALSE(is_listed_in(moved, owner));
    expect_only_in(keeps, owner);
    co_await this_goroutine::yield();
  });
}

TEST_P(Places, APairATupleAnArrayAndAStruct) {
  run([]() -> task<> {
    struct both {
      std::pair<int, channel<int>> pair;
      std::tuple<char, std::array<channel<int>, 3>> tuple;
    };
    both here;
    expect_only_in(here.pair, core_of(here.pair.second));
    for (const auto& each : std::get<1>(here.tuple)) expect_only_in(each, core_of(each));
    const both copy = here;
    EXPECT_EQ(handles_of(core_of(copy.pair.second)).size(), 2u);
    EXPECT_TRUE(is_listed_in(copy.pair, core_of(here.pair.second)));
    const both moved = std::move(here);
    EXPECT_EQ(handles_of(core_of(copy.pair.second)).size(), 2u);
    EXPECT_TRUE(is_listed_in(moved.pair, core_of(copy.pair.second)));
    co_await this_goroutine::yield();
  });
}

// A vector's elements are on the heap, wherever the vector is: for all that leash knows, anybody can reach them.
TEST_P(Places, AVectorIsOutside) {
  run([]() -> task<> {
    std::vector<channel<int>> several(1);
    object& owner = core_of(several[0]);
    EXPECT_EQ(reach_of(owner), outside);
    for (int i = 0; i < 100; ++i) several.emplace_back();
    EXPECT_EQ(handles_of(owner).size(), 1u);
    EXPECT_TRUE(is_listed_in(several[0], owner)) << "it was relinked when the vector grew";
    several.erase(several.begin());
    for (const auto& each : several) {
      EXPECT_EQ(handles_of(core_of(each)).size(), 1u);
      EXPECT_TRUE(is_listed_in(each, core_of(each)));
    }
    co_return;
  });
}

TEST_P(Places, AVectorWithTracedMemoryIsWhereItsVectorIs) {
  run([]() -> task<> {
    std::vector<channel<int>, traced_allocator<channel<int>>> several(1);
    object& owner = core_of(several[0]);
    for (int i = 0; i < 100; ++i) {
      several.emplace_back();
      EXPECT_TRUE(is_listed_in(several[0], owner));
      EXPECT_EQ(reach_of(owner), blocks{block_of(&several)});
    }
    const auto on_the_heap = std::make_unique<decltype(several)>(std::move(several));
    several = decltype(several)();
    EXPECT_EQ(reach_of(owner), outside);
    co_return;
  });
}

// Both keep a handle in themselves only if it is no larger than two words, respectively one.
TEST_P(Places, AFunctionAndAnAnyAreOutside) {
  run([]() -> task<> {
    channel<int> original;
    object& owner = core_of(original);
    std::function<bool()> callback = [kept = std::move(original)] { return kept.is_nil(); };
    EXPECT_EQ(handles_of(owner).size(), 1u);
    EXPECT_EQ(reach_of(owner), outside);
    EXPECT_FALSE(callback());
    std::any anything = channel<int>();
    EXPECT_EQ(reach_of(core_of(std::any_cast<const channel<int>&>(anything))), outside);
    co_return;
  });
}

TEST_P(Places, AFunctionThatRefersToATracedBlockIsOutsideToo) {
  run([]() -> task<> {
    const traced_ptr<channel<int>> shared = make_traced<channel<int>>();
    object& owner = core_of(*shared);
    EXPECT_EQ(reach_of(owner), blocks{block_of(&shared)});
    const std::function<void()> callback = [shared] {};
    EXPECT_EQ(reach_of(owner), (blocks{block_of(&shared), nullptr}));
    co_return;
  });
}

TEST_P(Places, AnAnyInATracedBlockIsOutsideStill) {
  run([]() -> task<> {
    const traced_ptr<std::any> anything = make_traced<std::any>(channel<int>());
    EXPECT_EQ(reach_of(core_of(std::any_cast<const channel<int>&>(*anything))), outside);
    co_return;
  });
}

TEST_P(Places, AClosureAndItsArguments) {
  run([]() -> task<> {
    channel<int> captured;
    channel<int> given;
    object& first = core_of(captured);
    object& second = core_of(given);
    go(
        [mine = std::move(captured), &first, &second](channel<int> argument) -> task<> {
          EXPECT_EQ(reach_of(first), blocks{block_of(&mine)});
          EXPECT_EQ(block_of(&mine)->kind, block_kind::closure);
          EXPECT_EQ(block_of(&mine)->owner.load(), current_goroutine());
          expect_only_in(argument, second);
          EXPECT_EQ(block_of(&argument)->owner.load(), current_goroutine());
          co_return;
        },
        std::move(given));
    co_await until_alone();
  });
}

TEST_P(Places, ABuffer) {
  run([]() -> task<> {
    const channel<channel<int>> carrier(2);
    channel<int> cargo;
    object& owner = core_of(cargo);
    co_await carrier.send(std::move(cargo));
    const blocks found = reach_of(owner);
    EXPECT_EQ(found.size(), 1u);
    EXPECT_EQ((*found.begin())->kind, block_kind::buffer);
    EXPECT_EQ((*found.begin())->owner.load(), &core_of(carrier));
    const auto received = co_await carrier.receive();
    EXPECT_TRUE(is_listed_in(received, owner));
  });
}

// Objects that are used in place, as in Go: the struct holds the handle, the handle is listed.
struct account {
  mutex lock;
  mutex table;
  cond changed{table};
  wait_group users;
  semaphore slots{2};
  once opened;
};

template <class... Parts>
void expect_each_in_one_frame(const Parts&... parts) {
  const auto in_frame = [](const void* part) {
    const block_header* block = block_of(part);
    return block != nullptr && block->kind == block_kind::frame;
  };
  EXPECT_TRUE((in_frame(&parts) && ...));
}

TEST_P(Places, AnObjectThatIsUsedInPlace) {
  run([]() -> task<> {
    account mine;
    expect_each_in_one_frame(mine.lock, mine.table, mine.changed, mine.users, mine.slots,
                             mine.opened);
    object& lock = *mutex_access::target(mine.lock);
    EXPECT_TRUE(is_listed_in(mine.lock, lock));
    {
      const mutex::guard held = co_await mine.lock.lock();
      EXPECT_TRUE(is_listed_in(held, lock));
    }
    const account moved = std::move(mine);
    EXPECT_TRUE(is_listed_in(moved.lock, lock));
    EXPECT_EQ(reach_of(lock), blocks{block_of(&moved)});
  });
}

TEST_P(Places, AnObjectThatIsUsedInPlaceOnTheHeapIsOutside) {
  run([]() -> task<> {
    const auto shared = std::make_shared<account>();
    EXPECT_EQ(reach_of(*mutex_access::target(shared->lock)), outside);
    const traced_ptr<account> traced = make_traced<account>();
    EXPECT_EQ(reach_of(*mutex_access::target(traced->lock)), blocks{block_of(&traced)});
    co_return;
  });
}

// A container that is taken apart while somebody reads the lists: whatever is taken out between two readings of
// the version makes a difference.
TEST_P(Places, ATornContainerShows) {
  run([]() -> task<> {
    std::vector<send_channel<int>, traced_allocator<send_channel<int>>> ends;
    auto [tx, rx] = make_channel<int>();
    object& owner = core_of(tx);
    ends.push_back(std::move(tx));
    const auto version = [&] {
      return owner.versions[static_cast<std::size_t>(capability::send)].load();
    };
    const std::uint32_t before = version();
    EXPECT_EQ(handles_of(owner).size(), 2u) << "the receiver, and the vector's";
    const send_channel<int> taken = std::move(ends.back());
    EXPECT_GT(version(), before);
    ends.pop_back();
    EXPECT_TRUE(is_listed_in(taken, owner));
    const std::uint32_t then = version();
    ends.resize(20);  // nil ones
    EXPECT_EQ(version(), then);
    ends[7] = taken;
    EXPECT_GT(version(), then);
    EXPECT_EQ(handles_of(owner).size(), 3u);
    co_return;
  });
}

// The lists stay whole while handles wander through a container on one thread, and another reads.
TEST_P(Places, ATornContainerIsReadByAnotherThread) {
  run([]() -> task<> {
    std::vector<channel<int>, traced_allocator<channel<int>>> several(3);
    const channel<int> witness = several[1];
    object& owner = core_of(witness);
    std::atomic<bool> over{false};
    std::thread reader([&] {
      while (!over) {
        const std::size_t count = handles_of(owner).size();
        EXPECT_GE(count, 1u);
        EXPECT_LE(count, 4u);
      }
    });
    for (int i = 0; i < 2000; ++i) {
      several.emplace(several.begin());
      several.erase(several.begin());
      std::swap(several[0], several[1]);
      const auto copy = several;
      several.shrink_to_fit();
    }
    over = true;
    reader.join();
    EXPECT_EQ(handles_of(owner).size(), 2u);
    co_return;
  });
}

}  // namespace
