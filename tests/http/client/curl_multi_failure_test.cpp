// What cannot be answered, and the sentence that says so.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/ip/tcp.hpp>

#include <sys/resource.h>

#include <chrono>
#include <string>

#include "http/client/curl_multi.hpp"
#include "http/client/transfers.hpp"
#include "http/test_server.hpp"
#include "support/full_backlog.hpp"
#include "support/growing_limit.hpp"

namespace leash::http {
namespace {

using namespace std::chrono_literals;
using testing::answer;
using testing::close;
using testing::hold;
using testing::reset;
using testing::send;
using testing::test_server;
using testing::transfers;

// Fetches and gives the sentence; the code goes to `code`.
std::string failure_of(const request& asked, int& code) {
  transfers client;
  const auto done = client.fetch(asked);
  EXPECT_EQ(done->outcome(), transfer_outcome::failed);
  EXPECT_EQ(client.completions(), 1);
  code = done->failure().code;
  return done->failure().message;
}

// A port on which nobody listens, for as long as this lives.
class closed_port {
 public:
  closed_port() : socket_(io_, {boost::asio::ip::address_v4::loopback(), 0}) {}
  std::string url() const {
    return "http://127.0.0.1:" + std::to_string(socket_.local_endpoint().port()) + "/";
  }

 private:
  boost::asio::io_context io_;
  boost::asio::ip::tcp::socket socket_;  // bound, not listening
};

TEST(TransferFailure, ARefusedConnectionNamesTheUrlAndTheCause) {
  closed_port nobody;
  int code = 0;
  EXPECT_EQ(failure_of({.url = nobody.url()}, code),
            "could not connect to " + nobody.url() +
                ": Connection refused: check the port, and that the server runs");
  EXPECT_EQ(code, CURLE_COULDNT_CONNECT);
}

TEST(TransferFailure, AResetInMidBodySaysHowMuchHadCome) {
  test_server server;
  server.on("/", {send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly a part"), hold("read"),
                  reset()});
  transfers client;
  std::size_t body = 0;
  const auto transfer = client.start(
      {.url = server.url("/"), .on_trace = [&](trace_kind kind, std::string_view line) {
         // The head and the part come in one segment; a reset overtaking them would lose them.
         if (kind == trace_kind::response_header && line.empty()) ++body;
       }});
  client.run_until([&] { return body != 0; });
  server.open_gate("read");
  client.run();
  EXPECT_EQ(transfer->outcome(), transfer_outcome::failed);
  EXPECT_EQ(transfer->failure().message,
            server.url("/") + ": the connection broke in mid-body, after 11 of 100 bytes: " +
                "Connection reset by peer");
  EXPECT_EQ(transfer->failure().code, CURLE_RECV_ERROR);
}

TEST(TransferFailure, AResetBeforeTheAnswerSaysSo) {
  test_server server;
  server.on("/", {reset()});
  int code = 0;
  EXPECT_EQ(failure_of({.url = server.url("/")}, code),
            server.url("/") +
                ": the connection broke before an answer came: " + "Connection reset by peer");
  EXPECT_EQ(code, CURLE_RECV_ERROR);
}

TEST(TransferFailure, AnAnswerThatEndsEarlySaysHowMuchCame) {
  test_server server;
  server.on("/", {send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nten bytes."), close()});
  server.on("/chunked",
            {send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfour"), close()});
  int code = 0;
  EXPECT_EQ(failure_of({.url = server.url("/")}, code),
            server.url("/") + ": the server ended the answer early, after 10 of 100 bytes");
  EXPECT_EQ(code, CURLE_PARTIAL_FILE);
  EXPECT_EQ(failure_of({.url = server.url("/chunked")}, code),
            server.url("/chunked") + ": the server ended the answer early, after 4 bytes");
  EXPECT_EQ(code, CURLE_PARTIAL_FILE);
}

TEST(TransferFailure, ASilentCloseIsNoAnswer) {
  test_server server;
  server.on("/", {close()});
  int code = 0;
  EXPECT_EQ(failure_of({.url = server.url("/")}, code),
            server.url("/") + ": the server closed the connection without an answer");
  EXPECT_EQ(code, CURLE_GOT_NOTHING);
}

// Before a limit that is short of this machine the transfer does not get as far as it should.
void expect_time_out(const test_server& server, std::chrono::milliseconds first,
                     const std::string& before, const std::string& after) {
  std::string last;
  EXPECT_TRUE(test::holds_for_some_limit(first, [&](auto limit) {
    int code = 0;
    last = failure_of({.url = server.url("/"), .timeout = limit}, code);
    EXPECT_EQ(code, CURLE_OPERATION_TIMEDOUT);
    return last == server.url("/") + before + shown_duration(limit) + after;
  })) << last;
}

TEST(TransferFailure, ATimeOutWithoutAnAnswerNamesTheLimit) {
  test_server server;
  server.on("/", {hold("never")});
  expect_time_out(server, 30ms, ": no answer within ", "");
}

TEST(TransferFailure, ATimeOutInMidBodySaysHowMuchHadCome) {
  test_server server;
  server.on("/", {send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nfour"), hold("never")});
  expect_time_out(server, 60ms, ": the answer was not complete within ", ": 4 of 100 bytes came");
}

TEST(TransferFailure, ATimeOutOnAConnectionTakenFromTheCacheIsNoFailureToConnect) {
  test_server server;
  server.on("/quick", {send(answer("quick"))});
  server.on("/slow", {hold("never")});
  transfers client;
  client.fetch({.url = server.url("/quick")});
  const auto done = client.fetch({.url = server.url("/slow"), .timeout = 30ms});
  EXPECT_EQ(done->failure().message, server.url("/slow") + ": no answer within 30 ms");
  EXPECT_EQ(server.accepted(), 1);
}

TEST(TransferFailure, AConnectThatTakesTooLongIsToldFromAnAnswerThatDoes) {
  const test::full_backlog full;
  const std::string url = full.url();
  int code = 0;
  const std::string by_connect = failure_of({.url = url, .connect_timeout = 50ms}, code);
  if (code == CURLE_OPERATION_TIMEDOUT && by_connect.find("no answer") != std::string::npos) {
    GTEST_SKIP() << "this kernel accepts beyond the backlog";
  }
  EXPECT_EQ(by_connect, "could not connect to " + url + " within 50 ms");
  EXPECT_EQ(failure_of({.url = url, .connect_timeout = 10s, .timeout = 40ms}, code),
            "could not connect to " + url + " within 40 ms");
  EXPECT_EQ(code, CURLE_OPERATION_TIMEDOUT);
}

TEST(TransferFailure, WhatIsNotAUrlIsRefused) {
  int code = 0;
  for (const std::string& url :
       {std::string(), std::string("http://"), std::string("http://[::1/"),
        std::string("http://a b/"), std::string("http://host:99999/"), std::string("a\0b", 3)}) {
    const std::string message = failure_of({.url = url}, code);
    EXPECT_THAT(message, ::testing::StartsWith("not a URL that can be used: ")) << url;
    EXPECT_EQ(code, CURLE_URL_MALFORMAT) << url;
  }
}

TEST(TransferFailure, OnlyHttpIsSpoken) {
  int code = 0;
  for (const char* url :
       {"ftp://127.0.0.1/", "file:///etc/passwd", "gopher://127.0.0.1/", "nonsense://127.0.0.1/"}) {
    EXPECT_THAT(
        failure_of({.url = url}, code),
        ::testing::StartsWith(url + std::string(": only http:// and https:// are spoken here")));
    EXPECT_EQ(code, CURLE_UNSUPPORTED_PROTOCOL);
  }
}

TEST(TransferFailure, ARedirectToAnotherSchemeIsNotFollowed) {
  test_server server;
  server.on("/", {send(answer("", "302 Found", "Location: file:///etc/passwd\r\n"))});
  int code = 0;
  EXPECT_THAT(failure_of({.url = server.url("/"), .follow_redirects = true}, code),
              ::testing::HasSubstr("only http:// and https:// are spoken here"));
  EXPECT_EQ(code, CURLE_UNSUPPORTED_PROTOCOL);
}

TEST(TransferFailure, RedirectsInACircleEnd) {
  test_server server;
  server.on("/", {send(answer("", "302 Found", "Location: /\r\n"))});
  int code = 0;
  EXPECT_EQ(
      failure_of({.url = server.url("/"), .follow_redirects = true, .max_redirects = 3}, code),
      server.url("/") + ": redirected more than 3 times");
  EXPECT_EQ(code, CURLE_TOO_MANY_REDIRECTS);
}

TEST(TransferFailure, WhatDoesNotSpeakHttpIsSaidTo) {
  test_server server;
  server.on("/", {send("220 mail.example.com ESMTP\r\n"), close()});
  int code = 0;
  EXPECT_EQ(failure_of({.url = server.url("/")}, code),
            server.url("/") + ": the answer is not HTTP: is this the right port?");
}

TEST(TransferFailure, ARequestThatWouldBreakTheHeadIsNotSent) {
  test_server server;
  int code = 0;
  const std::string url = server.url("/");
  failure_of({.url = url, .headers = {{"X", "a\r\nInjected: 1"}}}, code);
  EXPECT_EQ(code, CURLE_BAD_FUNCTION_ARGUMENT);
  failure_of({.url = url, .headers = {{"X Y", "a"}}}, code);
  EXPECT_EQ(code, CURLE_BAD_FUNCTION_ARGUMENT);
  failure_of({.url = url, .headers = {{"X", std::string("a\0b", 3)}}}, code);
  EXPECT_EQ(code, CURLE_BAD_FUNCTION_ARGUMENT);
  failure_of({.method = "GET / HTTP/1.1\r\nX:", .url = url}, code);
  EXPECT_EQ(code, CURLE_BAD_FUNCTION_ARGUMENT);
  failure_of({.method = "", .url = url}, code);
  EXPECT_EQ(code, CURLE_BAD_FUNCTION_ARGUMENT);
  EXPECT_EQ(server.accepted(), 0);
}

TEST(TransferFailure, WithoutFileDescriptorsTheSystemsReasonIsGiven) {
  test_server server;
  transfers client;
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{0, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  const auto done = client.fetch({.url = server.url("/")});
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(done->failure().message,
            "could not connect to " + server.url("/") + ": Too many open files");
}

TEST(ShownUrl, MasksAPasswordAndNothingElse) {
  EXPECT_EQ(shown_url("http://user:secret@host/a?b=c@d"), "http://user:***@host/a?b=c@d");
  EXPECT_EQ(shown_url("http://user@host/"), "http://user@host/");
  EXPECT_EQ(shown_url("http://host:80/a:b@c"), "http://host:80/a:b@c");
  EXPECT_EQ(shown_url("user:secret@host"), "user:***@host");
  EXPECT_EQ(shown_url(""), "");
}

TEST(ShownDuration, IsWrittenAsPeopleDo) {
  EXPECT_EQ(shown_duration(2s), "2 s");
  EXPECT_EQ(shown_duration(1500ms), "1.5 s");
  EXPECT_EQ(shown_duration(150ms), "150 ms");
  EXPECT_EQ(shown_duration(250us), "0.25 ms");
  EXPECT_EQ(shown_duration(60s), "60 s");
}

}  // namespace
}  // namespace leash::http
