#include <gtest/gtest.h>

#include <mutex>
#include <thread>
#include <vector>

#include <leash/detail/base/spin_lock.hpp>

namespace leash::detail {
namespace {

TEST(SpinLock, LetsOneThreadInAtATime) {
  constexpr int threads = 4;
  constexpr int times = 20'000;
  spin_lock lock;
  int counter = 0;
  std::vector<std::thread> all;
  for (int i = 0; i < threads; ++i)
    all.emplace_back([&] {
      for (int n = 0; n < times; ++n) {
        const std::lock_guard guard(lock);
        ++counter;
      }
    });
  for (std::thread& each : all) each.join();
  EXPECT_EQ(counter, threads * times);
}

TEST(SpinLock, CannotBeTakenTwice) {
  spin_lock lock;
  EXPECT_TRUE(lock.try_lock());
  EXPECT_FALSE(lock.try_lock());
  lock.unlock();
  EXPECT_TRUE(lock.try_lock());
  lock.unlock();
}

}  // namespace
}  // namespace leash::detail
