#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>
#include <vector>

#include <leash/detail/base/stable_pool.hpp>

namespace leash::detail {
namespace {

// Every test has a pool of its own type.
template <int Test>
struct record {
  record() { ++constructed; }
  std::atomic<int> counter{0};
  std::atomic<bool> in_use{false};
  static inline std::atomic<std::uint32_t> constructed{0};
};

TEST(StablePool, NeverConstructsARecordAgain) {
  using type = record<1>;
  auto& pool = stable_pool<type, 1 << 12>::instance();
  int uses = 0;
  for (int round = 0; round < 50; ++round) {
    std::vector<type*> taken;
    for (int i = 0; i < 200; ++i) taken.push_back(pool.acquire());
    for (type* each : taken) {
      ++each->counter;
      ++uses;
      pool.release(each);
    }
  }
  EXPECT_EQ(type::constructed, pool.size());
  EXPECT_LE(pool.size(), 512u);
  int counted = 0;
  for (std::uint32_t i = 0; i < pool.size(); ++i) counted += pool[i].counter;
  EXPECT_EQ(counted, uses);
}

TEST(StablePool, NumbersItsRecords) {
  using type = record<2>;
  auto& pool = stable_pool<type, 1 << 12>::instance();
  type* one = pool.acquire();
  const type elsewhere;
  EXPECT_EQ(&pool[pool.index_of(one)], one);
  EXPECT_TRUE(pool.contains(one));
  EXPECT_FALSE(pool.contains(&elsewhere));
  pool.release(one);
}

TEST(StablePool, RefusesMoreThanItsLimit) {
  using type = record<3>;
  auto& pool = stable_pool<type, 128>::instance();
  std::set<type*> taken;
  for (int i = 0; i < 127; ++i) taken.insert(pool.acquire());
  EXPECT_EQ(taken.size(), 127u);
  EXPECT_THROW(pool.acquire(), std::bad_alloc);
  for (type* each : taken) pool.release(each);
  EXPECT_TRUE(taken.contains(pool.acquire()));
}

TEST(StablePool, ReusesWhatThreadsThatEndedHeld) {
  using type = record<4>;
  auto& pool = stable_pool<type, 1 << 12>::instance();
  for (int i = 0; i < 100; ++i) std::thread([&] { pool.release(pool.acquire()); }).join();
  EXPECT_LE(pool.size(), 128u);
}

TEST(StablePool, GivesARecordToOneThreadAtATime) {
  using type = record<5>;
  auto& pool = stable_pool<type, 1 << 14>::instance();
  std::vector<std::thread> threads;
  for (int number = 0; number < 4; ++number)
    threads.emplace_back([&] {
      for (int round = 0; round < 200; ++round) {
        std::vector<type*> mine;
        for (int i = 0; i < 150; ++i) {
          mine.push_back(pool.acquire());
          EXPECT_FALSE(mine.back()->in_use.exchange(true));
        }
        for (type* each : mine) {
          each->in_use = false;
          pool.release(each);
        }
      }
    });
  for (std::thread& each : threads) each.join();
}

}  // namespace
}  // namespace leash::detail
