// What losing costs with HTTP/2: a stream, at once, and never the connection.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

#include "http/h2_server.hpp"
#include "support/wait_until.hpp"

#include <leash/http.hpp>
#include <leash/leash.hpp>

namespace leash::http {
namespace {

using test::wait_until;
using testing::h2_server;

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
    EXPECT_TRUE(wait_until([&] { return resets() == server->logged(loser); }))
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
