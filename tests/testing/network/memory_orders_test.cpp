#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include <leash/leash.hpp>
#include <leash/memory_network.hpp>
#include <leash/testing.hpp>

// Requests to one server meet there: an exploration that leaves schedules out looks into all of their orders.

namespace {

using namespace leash;
using namespace std::chrono_literals;
using leash::testing::answers;
using leash::testing::explore;
using leash::testing::explore_options;
using leash::testing::explore_result;
using leash::testing::memory_handler;
using leash::testing::memory_network;
using leash::testing::strategy;

template <class F>
explore_result all_schedules_of(F program) {
  explore_options options;
  options.strategy = strategy::exhaustive;
  options.schedules = 0;
  return explore(options, std::move(program));
}

// Answers with the number of the request.
memory_handler numbers_requests() {
  return [count = std::make_shared<int>()](const http::request&) -> task<http::response> {
    http::response answer;
    answer.body = std::to_string(++*count);
    co_return answer;
  };
}

task<> ask_twice(memory_network network, std::string& log) {
  for (int i = 0; i < 2; ++i) log += (co_await network.get("http://a/")).body;
}

TEST(MemoryOrders, AServerMayBeAskedInAnyOrder) {
  std::set<std::string> seen;
  const auto result = all_schedules_of([&]() -> task<> {
    const memory_network network;
    network.serve("http://a", numbers_requests());
    std::string mine;
    std::string others;
    auto other = spawn(ask_twice, network, std::ref(others));
    co_await ask_twice(network, mine);
    co_await other;
    seen.insert(mine + others);
  });
  EXPECT_TRUE(result) << result;
  EXPECT_TRUE(result.complete);
  EXPECT_EQ(seen, (std::set<std::string>{"1234", "1324", "1423", "2314", "2413", "3412"}));
}

TEST(MemoryOrders, ServersOfTheirOwnDoNotMultiplySchedules) {
  const auto schedules = [](const char* mine, const char* others) {
    return all_schedules_of([mine, others]() -> task<> {
             const memory_network network;
             network.serve("http://a", answers("a"));
             network.serve("http://b", answers("b"));
             auto other = spawn([network, others]() -> task<> { co_await network.get(others); });
             co_await network.get(mine);
             co_await other;
           })
        .schedules;
  };
  EXPECT_LT(schedules("http://a", "http://b"), schedules("http://a", "http://a"));
}

TEST(MemoryOrders, TrafficIsSeenAtEveryMoment) {
  std::set<std::string> seen;
  const auto result = all_schedules_of([&]() -> task<> {
    const memory_network network;
    network.serve("http://a", answers("hello", 1ms));
    auto asking = spawn([network]() -> task<> { co_await network.get("http://a/"); });
    const auto traffic = network.traffic("http://a");
    seen.insert(traffic.begun == 0 ? "not begun" : traffic.in_flight == 1 ? "in flight" : "over");
    co_await asking;
  });
  EXPECT_TRUE(result) << result;
  EXPECT_EQ(seen, (std::set<std::string>{"not begun", "in flight", "over"}));
}

TEST(MemoryOrders, AServerMayComeAndChangeAtEveryMoment) {
  std::set<std::string> seen;
  const auto result = all_schedules_of([&]() -> task<> {
    const memory_network network;
    auto asking = spawn([network]() -> task<std::string> {
      try {
        co_return (co_await network.get("http://a/")).body;
      } catch (const http::error& failed) {
        co_return std::to_string(failed.code());
      }
    });
    network.serve("http://a", answers("first"));
    network.serve("http://a", answers("second"));
    seen.insert(co_await asking);
  });
  EXPECT_TRUE(result) << result;
  EXPECT_EQ(seen, (std::set<std::string>{"6", "first", "second"}));
}

// The handle that goes with its handler lets others run, who ask the same network.
TEST(MemoryOrders, AHandlerThatHoldsALockMayBeReplaced) {
  const auto result = all_schedules_of([]() -> task<> {
    const memory_network network;
    const mutex lock;
    auto held = std::make_shared<mutex::guard>(co_await lock.lock());
    network.serve("http://a", [held](const http::request&) -> task<http::response> {
      co_return http::response{};
    });
    auto other = spawn([network, lock]() -> task<> {
      const auto mine = co_await lock.lock();
      co_await network.get("http://a/");
    });
    auto third = spawn([network]() -> task<> { co_await network.get("http://a/"); });
    held.reset();
    network.serve("http://a", answers("free"));
    co_await other;
    co_await third;
  });
  EXPECT_TRUE(result) << result;
}

TEST(MemoryOrders, AFailureInACleanUpIsNoCancel) {
  leash::testing::bubble([]() -> task<> {
    const memory_network network;
    network.serve("http://a", leash::testing::hangs());
    network.serve("http://b", leash::testing::refuses());
    const auto body = [network]() -> task<> { co_await network.get("http://a/"); };
    const auto cleanup = [network]() -> task<> {
      try {
        co_await network.get("http://b/");
      } catch (const http::error&) {
        co_return;
      }
    };
    auto owner = with_cancel(background());
    go(owner, [=]() -> task<> { co_await with_cleanup(body, cleanup); });
    co_await leash::testing::settle();
    owner.cancel();
    co_await leash::testing::settle();
    EXPECT_EQ(network.traffic("http://a").canceled, 1U);
    EXPECT_EQ(network.traffic("http://b").failed, 1U);
    EXPECT_EQ(network.traffic("http://b").canceled, 0U);
  });
}

}  // namespace
