#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include <leash/detail/base/handle.hpp>

namespace leash::detail {
namespace {

struct probe {
  std::atomic<int>* destroyed;
};

const object_class probe_class{"probe", [](object& gone) noexcept {
                                 ++*gone.as<probe>().destroyed;
                                 std::destroy_at(&gone.as<probe>());
                               }};

constexpr capability_set both = set_of(capability::send, capability::receive);

handle make_probe(std::atomic<int>& destroyed, capability_set can = both) {
  return handle::announce(make_object<probe>(probe_class, &destroyed), can);
}

std::set<const handle*> listed(object& owner) {
  const std::lock_guard guard(owner.handle_lock);
  std::set<const handle*> all;
  for (const handle* each = handle::first_of(owner); each != nullptr; each = each->next())
    all.insert(each);
  return all;
}

std::uint32_t version(const object& owner, capability of) {
  return owner.versions[static_cast<std::size_t>(of)].load();
}

using handles = std::set<const handle*>;

TEST(Handle, IsListedWhereItIs) {
  std::atomic<int> destroyed{0};
  handle first = make_probe(destroyed);
  object& owner = *first.target();
  EXPECT_EQ(listed(owner), handles{&first});
  handle second(first);
  EXPECT_EQ(listed(owner), (handles{&first, &second}));
  EXPECT_EQ(owner.handle_count, 2u);
  handle third(std::move(first));
  // NOLINTNEXTLINE(bugprone-use-after-move): a moved-from handle is empty
  EXPECT_FALSE(first);
  EXPECT_EQ(listed(owner), (handles{&second, &third}));
  second = std::move(third);
  EXPECT_EQ(listed(owner), handles{&second});
  EXPECT_EQ(owner.handle_count, 1u);
}

TEST(Handle, KeepsTheListWholeInAnyOrderOfDrops) {
  std::atomic<int> destroyed{0};
  for (std::size_t first = 0; first < 5; ++first) {
    std::vector<handle> all(5);
    all[0] = make_probe(destroyed);
    object& owner = *all[0].target();
    for (std::size_t i = 1; i < 5; ++i) all[i] = all[0];
    for (std::size_t i = 0; i < 5; ++i) {
      handles expected;
      for (std::size_t k = i; k < 5; ++k) expected.insert(&all[(first + k * 2) % 5]);
      EXPECT_EQ(listed(owner), expected);
      all[(first + i * 2) % 5].reset();
    }
  }
  EXPECT_EQ(destroyed, 5);
}

TEST(Handle, FreesItsObjectOnceWithTheLast) {
  std::atomic<int> destroyed{0};
  {
    handle first = make_probe(destroyed);
    const handle second = first;
    first.reset();
    first.reset();
    EXPECT_EQ(destroyed, 0);
  }
  EXPECT_EQ(destroyed, 1);
}

TEST(Handle, AssignmentToItselfChangesNothing) {
  std::atomic<int> destroyed{0};
  handle one = make_probe(destroyed);
  handle& same = one;
  one = same;
  one = std::move(same);
  EXPECT_EQ(destroyed, 0);
  EXPECT_TRUE(one);
}

TEST(Handle, APinKeepsTheObjectWithoutHandles) {
  std::atomic<int> destroyed{0};
  handle only = make_probe(destroyed);
  object& owner = *only.target();
  owner.lock.lock();
  owner.pins += 1;
  owner.lock.unlock();
  only.reset();
  EXPECT_EQ(destroyed, 0);
  owner.lock.lock();
  owner.pins -= 1;
  unlock_and_free_if_unused(owner);
  EXPECT_EQ(destroyed, 1);
}

TEST(Handle, ACopyGrowsTheVersionsOfItsCapabilities) {
  std::atomic<int> destroyed{0};
  const handle first = make_probe(destroyed);
  const object& owner = *first.target();
  const std::uint32_t send = version(owner, capability::send);
  const std::uint32_t receive = version(owner, capability::receive);
  // NOLINTNEXTLINE(performance-unnecessary-copy-initialization): the copy is what is tested
  const handle copy(first);
  EXPECT_GT(version(owner, capability::send), send);
  EXPECT_GT(version(owner, capability::receive), receive);
  const std::uint32_t send_then = version(owner, capability::send);
  const std::uint32_t receive_then = version(owner, capability::receive);
  const handle narrow(first, set_of(capability::receive));
  EXPECT_EQ(version(owner, capability::send), send_then);
  EXPECT_GT(version(owner, capability::receive), receive_then);
}

TEST(Handle, AMoveGrowsTheVersions) {
  std::atomic<int> destroyed{0};
  handle first = make_probe(destroyed, set_of(capability::send));
  const object& owner = *first.target();
  const std::uint32_t send = version(owner, capability::send);
  const std::uint32_t receive = version(owner, capability::receive);
  handle moved(std::move(first));
  EXPECT_GT(version(owner, capability::send), send);
  EXPECT_EQ(version(owner, capability::receive), receive);
  const std::uint32_t then = version(owner, capability::send);
  handle assigned;
  assigned = std::move(moved);
  EXPECT_GT(version(owner, capability::send), then);
}

TEST(Handle, CapabilitiesOnlyShrink) {
  std::atomic<int> destroyed{0};
  const handle whole = make_probe(destroyed);
  const handle sends(whole, set_of(capability::send));
  EXPECT_EQ(sends.capabilities(), set_of(capability::send));
  const handle widened(sends, both);
  EXPECT_EQ(widened.capabilities(), set_of(capability::send));
  const handle nothing(sends, set_of(capability::receive));
  EXPECT_EQ(nothing.capabilities(), set_of());
}

TEST(Handle, ARecycledObjectHasANewGenerationAndOlderVersions) {
  std::atomic<int> destroyed{0};
  handle first = make_probe(destroyed);
  object* owner = first.target();
  std::uint32_t generation = owner->generation;
  std::uint32_t send = version(*owner, capability::send);
  for (int reuse = 0; reuse < 10; ++reuse) {
    first.reset();
    first = make_probe(destroyed);
    ASSERT_EQ(first.target(), owner);
    EXPECT_GT(owner->generation, generation);
    EXPECT_GT(version(*owner, capability::send), send);
    generation = owner->generation;
    send = version(*owner, capability::send);
  }
}

TEST(Handle, LinksDoNotLookLikePointers) {
  std::atomic<int> destroyed{0};
  handle three[3];
  three[0] = make_probe(destroyed);
  three[1] = three[0];
  three[2] = three[0];
  const auto looks_inside = [&](const void* place, std::size_t size) {
    for (std::size_t at = 0; at + sizeof(std::uintptr_t) <= size; at += sizeof(std::uintptr_t)) {
      std::uintptr_t word = 0;
      std::memcpy(&word, static_cast<const char*>(place) + at, sizeof word);
      const auto begin = reinterpret_cast<std::uintptr_t>(three);
      if (word >= begin && word < begin + sizeof three) return true;
    }
    return false;
  };
  EXPECT_FALSE(looks_inside(three, sizeof three));
  const std::uintptr_t head = three[0].target()->first_handle;
  EXPECT_FALSE(looks_inside(&head, sizeof head));
}

TEST(Handle, ManyThreadsCopyMoveAndDropOneObjectsHandles) {
  std::atomic<int> destroyed{0};
  handle origin = make_probe(destroyed);
  object& owner = *origin.target();
  std::vector<std::thread> threads;
  for (int number = 0; number < 4; ++number)
    threads.emplace_back([mine = origin] {
      for (int i = 0; i < 5000; ++i) {
        handle copy(mine);
        handle moved(std::move(copy));
        copy = moved;
      }
    });
  for (std::thread& each : threads) each.join();
  threads.clear();
  EXPECT_EQ(destroyed, 0);
  EXPECT_EQ(listed(owner), handles{&origin});
  EXPECT_EQ(owner.handle_count, 1u);
  origin.reset();
  EXPECT_EQ(destroyed, 1);
}

TEST(Handle, TheLastOfManyThreadsFreesTheObjectOnce) {
  std::atomic<int> destroyed{0};
  for (int round = 0; round < 200; ++round) {
    handle origin = make_probe(destroyed);
    std::vector<std::thread> threads;
    for (int number = 0; number < 3; ++number) threads.emplace_back([mine = origin] {});
    origin.reset();
    for (std::thread& each : threads) each.join();
    threads.clear();
    EXPECT_EQ(destroyed, round + 1);
  }
}

}  // namespace
}  // namespace leash::detail
