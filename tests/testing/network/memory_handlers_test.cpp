#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>

#include <leash/leash.hpp>
#include <leash/memory_network.hpp>
#include <leash/testing.hpp>

// What servers of a memory_network do to who gives them little time.

namespace {

using namespace leash;
using namespace std::chrono_literals;
using leash::testing::answers;
using leash::testing::answers_slowly;
using leash::testing::bubble;
using leash::testing::connects_after;
using leash::testing::memory_network;
using leash::testing::never_finishes;
using ::testing::AllOf;
using ::testing::HasSubstr;

// What comes of the request: the body, or the failure's code and text.
task<std::string> outcome_of(const memory_network& network, http::request asked) {
  try {
    co_return (co_await network.send(std::move(asked))).body;
  } catch (const http::error& failed) {
    co_return std::to_string(failed.code()) + " " + failed.what();
  }
}

http::request request_of(std::string url) {
  http::request asked;
  asked.url = std::move(url);
  return asked;
}

TEST(MemoryHandlers, AConnectionMayTakeLongerThanTheRequestAllows) {
  bubble([]() -> task<> {
    const memory_network network;
    network.serve("http://far", connects_after(3s, answers("hello", 1s)));
    http::request asked = request_of("http://far/");
    asked.connect_timeout = 2s;
    const auto began = now();
    const std::string failed = co_await outcome_of(network, asked);
    EXPECT_THAT(failed, AllOf(HasSubstr("28 http://far/: no connection within 2000 ms")));
    EXPECT_EQ(now() - began, 2s);
    asked.connect_timeout = 3s;
    EXPECT_EQ(co_await outcome_of(network, asked), "hello");
    EXPECT_EQ(now() - began, 6s);
    EXPECT_EQ(network.traffic("http://far").failed, 1U);
  });
}

TEST(MemoryHandlers, TheWholeRequestsLimitCoversTheConnection) {
  bubble([]() -> task<> {
    const memory_network network;
    network.serve("http://nowhere", connects_after(std::chrono::nanoseconds::max(), answers("")));
    http::request asked = request_of("http://nowhere/");
    asked.connect_timeout = 5s;
    asked.timeout = 1500us;
    const std::string failed = co_await outcome_of(network, asked);
    EXPECT_EQ(failed, "28 http://nowhere/: timed out after 1.5 ms");
  });
}

TEST(MemoryHandlers, ABodyThatNeverEndsFailsWhoMindsTheSpeed) {
  bubble([]() -> task<> {
    const memory_network network;
    network.serve("http://stalls", never_finishes());
    http::request asked = request_of("http://stalls/");
    asked.min_speed = 10;
    asked.min_speed_time = 4s;
    const auto began = now();
    const std::string failed = co_await outcome_of(network, asked);
    EXPECT_EQ(failed, "28 http://stalls/: less than 10 bytes a second came for 4 s");
    EXPECT_EQ(now() - began, 4s);
    asked.min_speed = 0;
    asked.timeout = 1h;
    const std::string late = co_await outcome_of(network, asked);
    EXPECT_THAT(late, HasSubstr("timed out after 3600000 ms"));
  });
}

TEST(MemoryHandlers, ASlowBodyFailsWhoMindsTheSpeedForAsLong) {
  bubble([]() -> task<> {
    const memory_network network;
    network.serve("http://slow", answers_slowly("0123456789", 5, 1s));
    http::request asked = request_of("http://slow/");
    asked.min_speed = 3;
    asked.min_speed_time = 5s;
    EXPECT_THAT(co_await outcome_of(network, asked), HasSubstr("28 http://slow/: less than 3"));
    asked.min_speed_time = 6s;
    EXPECT_EQ(co_await outcome_of(network, asked), "0123456789") << "it is over before";
    asked.min_speed = 2;
    asked.min_speed_time = 5s;
    EXPECT_EQ(co_await outcome_of(network, asked), "0123456789") << "it is fast enough";
  });
}

TEST(MemoryHandlers, ATimeOutOfTheHandlersOwnIsNotTheRequests) {
  bubble([]() -> task<> {
    const memory_network network;
    const memory_network behind;
    network.serve("http://proxy", [behind](const http::request&) {
      return timeout(1s, behind.get("http://backend/"));
    });
    behind.serve("http://backend", leash::testing::hangs());
    http::request asked = request_of("http://proxy/");
    asked.timeout = 2s;
    bool was_the_handlers = false;
    try {
      co_await network.send(std::move(asked));
    } catch (const error& failed) {
      was_the_handlers = failed.code() == errc::timed_out;
    }
    EXPECT_TRUE(was_the_handlers);
    EXPECT_EQ(network.traffic("http://proxy").failed, 1U);
    EXPECT_EQ(behind.traffic("http://backend").canceled, 1U);
  });
}

TEST(MemoryHandlers, AnEmptyOneIsRefusedAtOnce) {
  const memory_network network;
  try {
    network.serve("http://a", {});
    FAIL() << "nothing was thrown";
  } catch (const error& refused) {
    EXPECT_EQ(refused.code(), errc::bad_option);
    EXPECT_THAT(refused.what(), HasSubstr("the handler of http://a is empty"));
  }
}

}  // namespace
