#include "http/client/curl_multi.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "http/client/transfers.hpp"
#include "http/test_server.hpp"

namespace leash::http {
namespace {

using testing::answer;
using testing::close;
using testing::received_request;
using testing::send;
using testing::test_server;
using testing::transfers;

std::string value_of(const received_request& asked, std::string_view name) {
  const std::string* value = find_header(asked.headers, name);
  return value == nullptr ? "(none)" : *value;
}

TEST(CurlMulti, BringsAnAnswerWithAllItsParts) {
  test_server server;
  server.on("/hello", {send(answer("hello", "200 Fine", "X-One: 1\r\nx-two:  two words \r\n"))});
  transfers client;
  const auto done = client.fetch({.url = server.url("/hello")});

  ASSERT_EQ(done->outcome(), transfer_outcome::answered) << done->failure().message;
  const response& got = done->answer();
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.version, "1.1");
  EXPECT_EQ(got.reason, "Fine");
  EXPECT_EQ(got.body, "hello");
  EXPECT_THAT(got.headers,
              ::testing::ElementsAre(header{"Content-Length", "5"}, header{"X-One", "1"},
                                     header{"x-two", "two words"}));
  EXPECT_EQ(*got.find("X-TWO"), "two words");
  EXPECT_EQ(got.find("X-Three"), nullptr);
  EXPECT_EQ(got.url, server.url("/hello"));
  EXPECT_EQ(got.remote_address, "127.0.0.1");
  EXPECT_EQ(got.remote_port, server.port());
  EXPECT_GT(got.times.first_byte.count(), 0);
  EXPECT_GE(got.times.total, got.times.first_byte);
  EXPECT_EQ(client.completions(), 1);
}

TEST(CurlMulti, AnErrorStatusIsAnAnswer) {
  test_server server;
  transfers client;
  const auto done = client.fetch({.url = server.url("/nowhere")});
  ASSERT_EQ(done->outcome(), transfer_outcome::answered);
  EXPECT_EQ(done->answer().status, 404);
  EXPECT_EQ(done->answer().body, "no such page");
}

TEST(CurlMulti, APostSendsItsBodyAndNothingThatNobodyAskedFor) {
  test_server server;
  server.on("/", {send(answer("taken"))});
  transfers client;
  const std::string body(2 << 20, 'x');  // libcurl would wait for "100-continue" from 1 MiB on
  const auto done = client.fetch({.method = "POST", .url = server.url("/"), .body = body});

  ASSERT_EQ(done->outcome(), transfer_outcome::answered) << done->failure().message;
  const received_request asked = server.requests().at(0);
  EXPECT_EQ(asked.method, "POST");
  EXPECT_EQ(asked.body, body);
  EXPECT_EQ(value_of(asked, "Content-Type"), "(none)");
  EXPECT_EQ(value_of(asked, "Expect"), "(none)");
}

TEST(CurlMulti, AnyMethodMayHaveABody) {
  test_server server;
  server.on("/", {send(answer("taken"))});
  transfers client;
  for (const char* method : {"GET", "PUT", "PATCH", "DELETE", "POST"}) {
    client.fetch({.method = method, .url = server.url("/"), .body = "some"});
    EXPECT_EQ(server.requests().back().method, method);
    EXPECT_EQ(server.requests().back().body, "some");
  }
  for (const char* method : {"GET", "PUT", "OPTIONS", "POST"}) {
    client.fetch({.method = method, .url = server.url("/")});
    EXPECT_EQ(server.requests().back().method, method);
    EXPECT_EQ(server.requests().back().body, "");
  }
}

TEST(CurlMulti, AHeadBringsHeadersAndNoBody) {
  test_server server;
  server.on("/", {send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")});
  transfers client;
  const auto done = client.fetch({.method = "HEAD", .url = server.url("/")});
  ASSERT_EQ(done->outcome(), transfer_outcome::answered) << done->failure().message;
  EXPECT_EQ(*done->answer().find("Content-Length"), "1000");
  EXPECT_EQ(done->answer().body, "");
  EXPECT_EQ(server.requests().at(0).method, "HEAD");
}

TEST(CurlMulti, HeadersAreSentAsGiven) {
  test_server server;
  server.on("/", {send(answer(""))});
  transfers client;
  client.fetch({.url = server.url("/"),
                .headers = {{"X-Name", "some value"}, {"X-Empty", ""}, {"Host", "elsewhere"}},
                .omit = {"Accept"}});
  client.fetch({.url = server.url("/"), .headers = {{"User-Agent", "mine"}}});

  const received_request asked = server.requests().at(0);
  EXPECT_EQ(value_of(asked, "X-Name"), "some value");
  EXPECT_EQ(value_of(asked, "X-Empty"), "");
  EXPECT_EQ(value_of(asked, "Host"), "elsewhere");
  EXPECT_EQ(value_of(asked, "Accept"), "(none)");
  EXPECT_EQ(value_of(asked, "Accept-Encoding"), "(none)");
  EXPECT_EQ(value_of(asked, "User-Agent"), "leash/0.1");
  EXPECT_EQ(value_of(server.requests().at(1), "User-Agent"), "mine");
}

TEST(CurlMulti, ARedirectIsAnAnswerUnlessItIsToBeFollowed) {
  test_server server;
  server.on("/old", {send(answer("moved", "302 Found", "Location: /new\r\nX-Old: 1\r\n"))});
  server.on("/new", {send(answer("here"))});
  transfers client;

  const auto stayed = client.fetch({.url = server.url("/old")});
  EXPECT_EQ(stayed->answer().status, 302);
  EXPECT_EQ(stayed->answer().body, "moved");

  const auto followed = client.fetch({.url = server.url("/old"), .follow_redirects = true});
  EXPECT_EQ(followed->answer().status, 200);
  EXPECT_EQ(followed->answer().body, "here");
  EXPECT_EQ(followed->answer().url, server.url("/new"));
  EXPECT_EQ(followed->answer().find("X-Old"), nullptr) << "only the last answer's headers count";
}

TEST(CurlMulti, ARedirectedPostGoesOnAsAGet) {
  test_server server;
  server.on("/form", {send(answer("", "303 See Other", "Location: /result\r\n"))});
  server.on("/result", {send(answer("done"))});
  transfers client;
  const auto done = client.fetch(
      {.method = "POST", .url = server.url("/form"), .body = "a=1", .follow_redirects = true});
  EXPECT_EQ(done->answer().body, "done");
  EXPECT_EQ(server.requests().at(1).method, "GET");
  EXPECT_EQ(server.requests().at(1).body, "");
}

TEST(CurlMulti, InterimAnswersAreSkippedAndTrailersKeptApart) {
  test_server server;
  server.on("/", {send("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
                       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
                       "5\r\nhello\r\n0\r\nX-Sum: 42\r\n\r\n")});
  transfers client;
  const auto done = client.fetch({.url = server.url("/")});
  ASSERT_EQ(done->outcome(), transfer_outcome::answered) << done->failure().message;
  EXPECT_EQ(done->answer().status, 200);
  EXPECT_EQ(done->answer().find("Link"), nullptr);
  EXPECT_EQ(done->answer().body, "hello");
  EXPECT_THAT(done->answer().trailers, ::testing::ElementsAre(header{"X-Sum", "42"}));
}

TEST(CurlMulti, ABodyMayEndWithTheConnection) {
  test_server server;
  server.on("/", {send("HTTP/1.1 200 OK\r\n\r\nuntil "), send("the end"), close()});
  transfers client;
  const auto done = client.fetch({.url = server.url("/")});
  ASSERT_EQ(done->outcome(), transfer_outcome::answered) << done->failure().message;
  EXPECT_EQ(done->answer().body, "until the end");
}

TEST(CurlMulti, ConnectionsAreReused) {
  test_server server;
  server.on("/", {send(answer("again"))});
  transfers client;
  EXPECT_FALSE(client.fetch({.url = server.url("/")})->answer().reused_connection);
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(client.fetch({.url = server.url("/")})->answer().reused_connection);
  }
  EXPECT_EQ(server.accepted(), 1);
}

TEST(CurlMulti, AConnectionThatTheServerClosedWhileItRestedIsReplaced) {
  test_server server;
  server.on("/", {send(answer("once")), close()});
  transfers client;
  for (int i = 1; i <= 5; ++i) {
    const auto done = client.fetch({.url = server.url("/")});
    ASSERT_EQ(done->outcome(), transfer_outcome::answered) << done->failure().message;
    ASSERT_TRUE(server.wait_until([&] { return server.open_connections() == 0; }));
  }
  EXPECT_EQ(server.accepted(), 5);
}

TEST(CurlMulti, ATransferCanBeStartedFromACompletion) {
  test_server server;
  server.on("/", {send(answer("next"))});
  transfers client;
  int left = 10;
  std::function<void(curl_transfer&)> again = [&](curl_transfer& done) {
    EXPECT_EQ(done.answer().body, "next");
    if (--left == 0) return;
    client.multi().start(std::make_shared<curl_transfer>(request{.url = server.url("/")}), again);
  };
  client.multi().start(std::make_shared<curl_transfer>(request{.url = server.url("/")}), again);
  client.run();
  EXPECT_EQ(left, 0);
}

TEST(CurlMulti, ATraceTellsWhatWasSentAndWhatCame) {
  test_server server;
  server.on("/", {send(answer("x", "200 OK", "X-Came: back\r\n"))});
  transfers client;
  std::vector<std::string> sent, came;
  client.fetch({.url = server.url("/"), .on_trace = [&](trace_kind kind, std::string_view line) {
                  if (kind == trace_kind::request_header) sent.emplace_back(line);
                  if (kind == trace_kind::response_header) came.emplace_back(line);
                }});
  EXPECT_THAT(sent, ::testing::Contains("GET / HTTP/1.1"));
  EXPECT_THAT(sent, ::testing::Contains("User-Agent: leash/0.1"));
  EXPECT_THAT(came,
              ::testing::ElementsAre("HTTP/1.1 200 OK", "Content-Length: 1", "X-Came: back", ""));
}

}  // namespace
}  // namespace leash::http
