// What losing costs with HTTP/2: a stream, at once, and never the connection.
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "http/h2_server.hpp"

#include <leash/http.hpp>
#include <leash/leash.hpp>

namespace leash::http {
namespace {

using namespace std::chrono_literals;
using testing::h2_server;

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

class RaceLosers : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!h2_server::installed()) GTEST_SKIP() << "no nghttpd: apt-get install nghttp2-server";
    server.emplace();
    server->put("small", "small");
  }

  request small() const { return {.url = server->url("small"), .insecure = true}; }

  // Every loser that the server has heard of: one whose rival was quicker than its own first step has asked nobody.
  void expect_resets(int races, std::string_view loser) const {
    const auto resets = [&] { return server->logged("recv RST_STREAM frame"); };
    EXPECT_TRUE(comes_true([&] { return resets() == server->logged(loser); }))
        << resets() << " of " << server->logged(loser);
    EXPECT_GT(resets(), races * 9 / 10);
    EXPECT_EQ(server->logged("] closed"),
              2);  // the one we raced on, and the one that saw it listen
  }

  std::optional<h2_server> server;
};

TEST_F(RaceLosers, AreResetOnHttp2AndTheirConnectionStays) {
  constexpr int races = 1000;
  run([&]() -> task<> {
    client asking;
    const channel<std::string>
        never;  // a body that does not come: the server waits with its answer
    const request slow{.method = "POST", .url = server->url("small"), .insecure = true};
    for (int i = 0; i < races; ++i) {
      const auto won = co_await race(asking.send(slow, never.receiver()), asking.send(small()));
      EXPECT_EQ(won.index, 1u);
    }
    co_await asking.send(small());  // the last reset is before this
  });
  expect_resets(races, ":method: POST");
}

TEST_F(RaceLosers, AreResetInTheMiddleOfALargeAnswer) {
  constexpr int races = 20;
  server->put_zeros("large", 200u << 20);  // far more than can be on its way at once
  run([&]() -> task<> {
    client asking;
    const request large{.url = server->url("large"), .insecure = true};
    for (int i = 0; i < races; ++i) {
      const auto won = co_await race(asking.send(large), asking.send(small()));
      EXPECT_EQ(won.index, 1u);
    }
    co_await asking.send(small());  // the last reset is before this
  });
  expect_resets(races, ":path: /large");
}

}  // namespace
}  // namespace leash::http
