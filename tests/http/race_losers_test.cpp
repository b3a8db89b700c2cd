// What losing costs: HTTP/2 streams are reset and HTTP/1.1 connections, when that is cheap, live on.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

#include "http/h2_server.hpp"
#include "http/test_server.hpp"

#include <leash/http.hpp>
#include <leash/leash.hpp>

namespace leash::http {
namespace {

using namespace std::chrono_literals;
using testing::answer;
using testing::h2_server;
using testing::hold;
using testing::send;
using testing::test_server;

// Waits without an event to wait for: another process's log.
template <class Condition>
bool comes_true(Condition condition) {
  const auto give_up = std::chrono::steady_clock::now() + 20s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    std::this_thread::sleep_for(200ms);
  }
  return true;
}

// Races the two so many times, one race after the other; how often each won.
struct tally {
  int first = 0;
  int second = 0;
};

task<tally> race_often(int times, request first, request second) {
  client asking;
  tally won;
  for (int i = 0; i < times; ++i) {
    const auto result = co_await race(asking.send(first), asking.send(second));
    ++(result.index == 0 ? won.first : won.second);
  }
  co_return won;
}

TEST(RaceLosers, AreResetOnHttp2AndTheirConnectionStays) {
  if (!h2_server::installed()) GTEST_SKIP() << "no nghttpd: apt-get install nghttp2-server";
  h2_server server;
  server.put("small", "small");
  server.put_zeros("large", 200u << 20);  // far more than can be on its way at once
  constexpr int races = 1000;
  const tally won = run([&] {
    return race_often(races, {.url = server.url("large"), .insecure = true},
                      {.url = server.url("small"), .insecure = true});
  });
  EXPECT_EQ(won.second, races);
  EXPECT_TRUE(comes_true([&] { return server.logged("recv RST_STREAM frame") == races; }))
      << server.logged("recv RST_STREAM frame");
  EXPECT_EQ(server.logged("] closed"), 2);  // the one we raced on, and the one that saw it listen
}

}  // namespace
}  // namespace leash::http
