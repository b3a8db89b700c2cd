// Many transfers, large bodies, and what is left after them.
#include <gtest/gtest.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "http/client/curl_multi.hpp"
#include "http/client/transfers.hpp"
#include "http/test_server.hpp"

namespace leash::http {
namespace {

using testing::answer;
using testing::hold;
using testing::open_files;
using testing::send;
using testing::step;
using testing::test_server;
using testing::transfers;

// No two places of it look alike.
std::string patterned(std::size_t size) {
  std::string text(size, '\0');
  unsigned state = 12345;
  for (char& c : text) {
    state = state * 1664525u + 1013904223u;
    c = static_cast<char>(state >> 24);
  }
  return text;
}

class BodySize : public ::testing::TestWithParam<std::size_t> {};

TEST_P(BodySize, ComesBackByteForByte) {
  test_server server;
  const std::string body = patterned(GetParam());
  server.on("/echo", [](const testing::received_request& asked) {
    return test_server::script{send(answer(asked.body))};
  });
  transfers client;
  const auto done = client.fetch({.method = "POST", .url = server.url("/echo"), .body = body});
  ASSERT_EQ(done->outcome(), transfer_outcome::answered) << done->failure().message;
  EXPECT_EQ(done->answer().body.size(), body.size());
  EXPECT_TRUE(done->answer().body == body);
}

INSTANTIATE_TEST_SUITE_P(CurlMulti, BodySize,
                         ::testing::Values(0u, 1u, (64u << 10) - 1, 64u << 10, (64u << 10) + 1,
                                           10u << 20));

TEST(CurlMultiLoad, ADrippingBodyIsPutTogether) {
  test_server server;
  const std::string body = patterned(500);
  std::vector<step> drips{send("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")};
  for (const char c : body) drips.push_back(send(std::string(1, c)));
  server.on("/drip", drips);
  transfers client;
  EXPECT_EQ(client.fetch({.url = server.url("/drip")})->answer().body, body);
}

TEST(CurlMultiLoad, TwoHundredAtOnceAreAllUnderWayBeforeOneIsAnswered) {
  test_server server;
  server.on("/", {hold("all"), send(answer("one of many"))});
  transfers client;
  std::vector<std::shared_ptr<curl_transfer>> many;
  many.reserve(200);
  for (int i = 0; i < 200; ++i) many.push_back(client.start({.url = server.url("/")}));
  client.run_until([&] { return server.requests().size() == 200; });
  EXPECT_EQ(client.completions(), 0);
  server.open_gate("all");
  client.run();
  EXPECT_EQ(client.completions(), 200);
  for (const auto& transfer : many) EXPECT_EQ(transfer->answer().body, "one of many");
}

TEST(CurlMultiLoad, OneWinsAndAHundredNinetyNineAreClosed) {
  test_server server;
  server.on("/fast", {hold("all"), send(answer("first"))});
  server.on("/slow", {hold("never")});
  transfers client;
  const auto winner = client.start({.url = server.url("/fast")});
  std::vector<std::shared_ptr<curl_transfer>> losers;
  losers.reserve(199);
  for (int i = 0; i < 199; ++i) losers.push_back(client.start({.url = server.url("/slow")}));
  client.run_until([&] { return server.requests().size() == 200; });
  server.open_gate("all");
  client.run_until([&] { return client.completions() == 1; });
  EXPECT_EQ(winner->answer().body, "first");
  for (const auto& loser : losers) client.multi().abort(loser);
  client.run();
  EXPECT_EQ(client.completions(), 200);
  EXPECT_TRUE(server.wait_until([&] { return server.open_connections() == 1; }));
  EXPECT_EQ(server.closed_by_client(), 199) << "the winner's connection rests";
}

TEST(CurlMultiLoad, MoreTransfersAtOnceThanConnectionsMayRestStillReuseThem) {
  test_server server;
  server.on("/held", {hold("never")});
  server.on("/", {send(answer("x"))});
  transfers client({.max_idle_connections = 5});
  for (int i = 0; i < 50; ++i) client.start({.url = server.url("/held")});
  client.run_until([&] { return server.requests().size() == 50; });
  for (int i = 1; i <= 20; ++i) {
    client.start({.url = server.url("/")});
    client.run_until([&] { return client.completions() == i; });
  }
  EXPECT_EQ(server.accepted(), 51);
}

TEST(CurlMultiLoad, RestingConnectionsAreBounded) {
  test_server server;
  server.on("/", {hold("all"), send(answer("x"))});
  transfers client({.max_idle_connections = 10});
  for (int i = 0; i < 100; ++i) client.start({.url = server.url("/")});
  client.run_until([&] { return server.requests().size() == 100; });
  server.open_gate("all");
  client.run();
  EXPECT_TRUE(server.wait_until([&] { return server.open_connections() <= 10; }))
      << server.open_connections();
  EXPECT_EQ(client.completions(), 100);
}

TEST(CurlMultiLoad, ASocketOfSomebodyElsesThatGotTheNumberOfAClosedOneIsLeftAlone) {
  namespace local = boost::asio::local;
  test_server server;
  server.on("/", {send(answer("x", "200 OK", "Connection: close\r\n")), hold("never")});
  transfers client;
  client.fetch({.url = server.url("/")});
  ASSERT_TRUE(server.wait_until([&] { return server.closed_by_client() == 1; }));

  // One of these has the number that libcurl's socket had, and the same reactor.
  struct pair {
    local::stream_protocol::socket here, there;
    char byte = 0;
    bool came = false;
  };
  std::vector<std::unique_ptr<pair>> others;
  for (int i = 0; i < 8; ++i) {
    others.push_back(std::make_unique<pair>(local::stream_protocol::socket(client.io()),
                                            local::stream_protocol::socket(client.io())));
    pair& other = *others.back();
    local::connect_pair(other.here, other.there);
    other.here.async_read_some(boost::asio::buffer(&other.byte, 1),
                               [&](auto error, auto) { other.came = !error; });
  }
  client.destroy_multi();
  client.io().restart();
  client.io().poll();
  for (const auto& other : others) other->there.write_some(boost::asio::buffer("!", 1));
  client.run_for(std::chrono::seconds(60));
  for (const auto& other : others) EXPECT_TRUE(other->came);
}

TEST(CurlMultiLoad, FileDescriptorsAreBackAtTheBaselineAfterAThousandTransfers) {
  test_server server;
  server.on("/quick", {send(answer("quick"))});
  server.on("/slow", {hold("never")});
  std::ptrdiff_t baseline = 0;
  const auto one_client = [&](int races) {
    transfers client;
    for (int i = 0; i < races; ++i) {
      const auto loser = client.start({.url = server.url("/slow")});
      const auto winner = client.start({.url = server.url("/quick")});
      client.run_until([&] { return winner->outcome() != transfer_outcome::pending; });
      ASSERT_EQ(winner->answer().body, "quick");
      client.multi().abort(loser);
      client.run();
    }
  };
  one_client(1);  // what libcurl opens once for the process
  ASSERT_TRUE(server.wait_until([&] { return server.open_connections() == 0; }));
  baseline = open_files();
  one_client(500);
  ASSERT_TRUE(server.wait_until([&] { return server.open_connections() == 0; }))
      << server.open_connections();
  EXPECT_EQ(open_files(), baseline);
}

}  // namespace
}  // namespace leash::http
