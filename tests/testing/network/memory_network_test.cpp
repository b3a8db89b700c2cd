#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <string>

#include <leash/detail/base/sanitizer.hpp>
#include <leash/gtest.hpp>
#include <leash/leash.hpp>
#include <leash/memory_network.hpp>
#include <leash/testing.hpp>

namespace {

using namespace leash;
using namespace std::chrono_literals;
using leash::testing::answers;
using leash::testing::answers_after_any;
using leash::testing::any_of;
using leash::testing::bubble;
using leash::testing::explore;
using leash::testing::explore_options;
using leash::testing::memory_network;
using leash::testing::strategy;
using ::testing::AllOf;
using ::testing::HasSubstr;

static_assert(http::transport<memory_network>);

// The code of the failure; 0: none.
task<int> code_of(task<http::response> request, std::string* text = nullptr) {
  try {
    co_await std::move(request);
  } catch (const http::error& failed) {
    if (text != nullptr) *text = failed.what();
    co_return failed.code();
  }
  co_return 0;
}

TEST(MemoryNetwork, BringsTheAnswerInItsTime) {
  bubble([]() -> task<> {
    const memory_network network;
    network.serve("http://a:8001", answers("hello", 10ms, 201));
    const auto began = now();
    const http::response answer = co_await network.get("http://A:8001/path?query");
    EXPECT_EQ(now() - began, 10ms);
    EXPECT_EQ(answer.status, 201);
    EXPECT_EQ(answer.body, "hello");
    EXPECT_EQ(answer.url, "http://A:8001/path?query");
    EXPECT_EQ(*answer.find("content-length"), "5");
    EXPECT_EQ(answer.times.total, 10ms);
    EXPECT_EQ(network.traffic("a:8001").answered, 1U);
  });
}

TEST(MemoryNetwork, GivesTheRequestToTheHandler) {
  bubble([]() -> task<> {
    const memory_network network;
    network.serve("http://a", [](const http::request& asked) -> task<http::response> {
      http::response answer;
      answer.status = 200;
      answer.body = asked.method + " " + asked.body;
      co_return answer;
    });
    http::request asked;
    asked.url = "http://a/";
    asked.method = "POST";
    asked.body = "value";
    EXPECT_EQ((co_await network.send(std::move(asked))).body, "POST value");
  });
}

TEST(MemoryNetwork, FailsAsCurlNumbersIt) {
  bubble([]() -> task<> {
    const memory_network network;
    network.serve("http://refuses", leash::testing::refuses());
    network.serve("http://resets", leash::testing::resets(5ms));
    network.serve("http://breaks", leash::testing::breaks_off());
    network.serve("http://large", answers("0123456789"));
    std::string text;
    EXPECT_EQ(co_await code_of(network.get("http://nowhere/"), &text), 6);
    EXPECT_THAT(text, AllOf(HasSubstr("http://nowhere/"), HasSubstr("http://refuses")));
    EXPECT_EQ(co_await code_of(network.get("http://refuses/"), &text), 7);
    EXPECT_THAT(text, HasSubstr("http://refuses/: connection refused"));
    EXPECT_EQ(co_await code_of(network.get("http://resets/")), 56);
    EXPECT_EQ(co_await code_of(network.get("http://breaks/")), 18);
    http::request large;
    large.url = "http://large/";
    large.max_body = 9;
    EXPECT_EQ(co_await code_of(network.send(large)), 63);
    EXPECT_EQ(network.traffic("http://refuses").failed, 1U);
  });
}

TEST(MemoryNetwork, TimesOutInVirtualTime) {
  bubble([]() -> task<> {
    const memory_network network;
    network.serve("http://slow", leash::testing::answers_slowly("abc", 3, 1s));
    network.serve("http://hangs", leash::testing::hangs());
    http::request asked;
    asked.timeout = 2s;
    const auto began = now();
    for (const char* url : {"http://slow/", "http://hangs/"}) {
      asked.url = url;
      EXPECT_EQ(co_await code_of(network.send(asked)), 28);
    }
    EXPECT_EQ(now() - began, 4s);
    EXPECT_EQ((co_await network.get("http://slow/")).body, "abc");
    EXPECT_EQ(now() - began, 7s);
  });
}

TEST(MemoryNetwork, SeesACancelledRequest) {
  bubble([]() -> task<> {
    const memory_network network;
    network.serve("http://fast", answers("fast", 10ms));
    network.serve("http://slow", answers("slow", 2s));
    const auto won = co_await race(network.get("http://fast/"), network.get("http://slow/"));
    EXPECT_EQ(won.value.body, "fast");
    EXPECT_EQ(network.traffic("http://slow").canceled, 1U);
    EXPECT_EQ(network.traffic("http://slow").in_flight, 0U);
  });
}

TEST(MemoryNetwork, ServesAProductionRuntimeToo) {
  const memory_network network;
  network.serve("http://a", answers_after_any({0ms, 1h}, "first"));
  EXPECT_EQ(run([&] { return network.get("http://a/"); }).body, "first");
}

// What is shipped: the first of two answers that is good, asked for by any transport.
task<std::string> first_good(const http::transport auto& by, race_options how = {}) {
  std::vector<task<std::string>> both;
  for (const char* url : {"http://google/", "http://bing/"})
    both.push_back([](const auto& transport, std::string at) -> task<std::string> {
      const http::response answer = co_await transport.get(at);
      if (answer.status != 200) throw std::runtime_error(at + " is in trouble");
      co_return answer.body;
    }(by, url));
  const auto won = co_await race(how, std::move(both));  // GCC 14 cannot parse `.value` behind it
  co_return won.value;
}

class RaceOverMemory : public ::testing::TestWithParam<strategy> {};
INSTANTIATE_TEST_SUITE_P(By, RaceOverMemory,
                         ::testing::Values(strategy::random, strategy::pct, strategy::exhaustive));

task<> race_is_won(race_options how) {
  const memory_network network;
  network.serve("http://google", answers_after_any({1ms, 20ms}, "google"));
  network.serve("http://bing", any_of({answers("bing", 2ms), leash::testing::refuses(),
                                       answers("", 1ms, 503), leash::testing::hangs()}));
  const std::string won = co_await first_good(network, how);
  EXPECT_THAT(won, ::testing::AnyOf("google", "bing"));
  const auto google = network.traffic("http://google");
  const auto bing = network.traffic("http://bing");
  EXPECT_EQ(google.in_flight + bing.in_flight, 0U) << "a loser is still under way";
  EXPECT_EQ(google.answered + google.canceled, google.begun);
}

TEST_P(RaceOverMemory, IsWonInEverySchedule) {
  explore_options options;
  options.strategy = GetParam();
  options.schedules = 5000;
  const auto result = explore(options, [] { return race_is_won({}); });
  EXPECT_TRUE(result) << result;
}

TEST_P(RaceOverMemory, IsWonInEveryScheduleWhenHedged) {
  explore_options options;
  options.strategy = GetParam();
  options.schedules = 5000;
  const auto result = explore(options, [] { return race_is_won({.hedge_delay = 5ms}); });
  EXPECT_TRUE(result) << result;
}

#if !LEASH_SANITIZED  // it hides leaks, see cmake/tests.cmake
TEST(MemoryNetwork, ShowsTheLeakOfARacerThatForgetsTheLoser) {
  const auto result = explore({}, []() -> task<> {
    const memory_network network;
    network.serve("http://google", answers("google", 200ms));
    network.serve("http://bing", answers("bing", 2s));
    const channel<std::string> first;
    const auto ask = [network](channel<std::string> into, std::string url) -> task<> {
      co_await into.send((co_await network.get(url)).body);
    };
    go(ask, first, "http://google/");
    go(ask, first, "http://bing/");
    co_await first.receive();
  });
  ASSERT_EQ(result.failures.size(), 1U);
  EXPECT_THAT(result.failures[0].message, HasSubstr("goroutine leaked: chan send"));
}
#endif

}  // namespace
