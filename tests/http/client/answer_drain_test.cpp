// HTTP/1.1 answers that nobody waits for any more: drained when little is left of them, else closed.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "http/client/curl_multi.hpp"
#include "http/client/transfers.hpp"
#include "http/test_server.hpp"

namespace leash::http {
namespace {

using namespace std::chrono_literals;
using testing::answer;
using testing::close;
using testing::hold;
using testing::send;
using testing::test_server;
using testing::transfers;

// Patience without end, so that no test depends on how quick the machine is.
constexpr curl_multi::options patient{.look_at_drains_every = 1h};
constexpr curl_multi::options hasty{.look_at_drains_every = 1ms};

class AnswerDrain : public ::testing::Test {
 protected:
  // Starts a transfer, waits for `sign` in what goes over the wire, and aborts it.
  void abort_after(transfers& client, request asked, trace_kind kind, std::string_view sign) {
    const auto seen = std::make_shared<bool>(false);
    asked.on_trace = [seen, kind, sign](trace_kind of, std::string_view line) {
      if (of == kind && line.starts_with(sign)) *seen = true;
    };
    const auto loser = client.start(std::move(asked));
    client.run_until([&] { return *seen; });
    client.multi().abort(loser);
    client.run_until([&] { return loser->outcome() != transfer_outcome::pending; });
    EXPECT_EQ(loser->outcome(), transfer_outcome::aborted);
  }

  // The next transfer's connection is the drained one.
  void expect_reuse(transfers& client) {
    server.on("/next", {send(answer("next"))});
    // One that asks while the drain goes on would get a connection of its own.
    client.run_until([&] {
      const auto next = client.start({.url = server.url("/next")});
      client.run_until([&] { return next->outcome() != transfer_outcome::pending; });
      EXPECT_EQ(next->answer().body, "next");
      return server.accepted() == 1 || next->answer().reused_connection;
    });
    EXPECT_EQ(server.closed_by_client(), 0);
  }

  test_server server;
};

TEST_F(AnswerDrain, AnAnswerThatHasBegunIsReadToItsEnd) {
  server.on("/", {send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345"), hold("rest"),
                  send("67890")});
  transfers client(patient);
  abort_after(client, {.url = server.url("/")}, trace_kind::response_header, "Content-Length");
  server.open_gate("rest");
  expect_reuse(client);
}

TEST_F(AnswerDrain, OneThatComesSoonToo) {
  server.on("/", {hold("answer"), send(answer("soon"))});
  transfers client(patient);
  abort_after(client, {.url = server.url("/")}, trace_kind::request_header, "GET");
  server.open_gate("answer");
  expect_reuse(client);
}

TEST_F(AnswerDrain, OneWithoutALengthToo) {
  server.on("/", {send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n"),
                  hold("rest"), send("0\r\n\r\n")});
  transfers client(patient);
  abort_after(client, {.url = server.url("/")}, trace_kind::response_header, "Transfer");
  server.open_gate("rest");
  expect_reuse(client);
}

TEST_F(AnswerDrain, ARedirectIsNotFollowed) {
  server.on("/", {hold("answer"), send(answer("", "302 Found", "Location: /elsewhere\r\n"))});
  transfers client(patient);
  abort_after(client, {.url = server.url("/"), .follow_redirects = true},
              trace_kind::request_header, "GET");
  server.open_gate("answer");
  expect_reuse(client);
  for (const auto& asked : server.requests()) EXPECT_NE(asked.target, "/elsewhere");
}

TEST_F(AnswerDrain, OneThatDoesNotBeginIsClosed) {
  server.on("/", {hold("never")});
  transfers client(hasty);
  abort_after(client, {.url = server.url("/")}, trace_kind::request_header, "GET");
  client.run();
  EXPECT_TRUE(server.wait_until([&] { return server.closed_by_client() == 1; }));
}

TEST_F(AnswerDrain, OneThatDoesNotEndIsClosed) {
  server.on("/", {send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345"), hold("never")});
  transfers client(hasty);
  abort_after(client, {.url = server.url("/")}, trace_kind::response_header, "Content-Length");
  client.run();
  EXPECT_TRUE(server.wait_until([&] { return server.closed_by_client() == 1; }));
}

TEST_F(AnswerDrain, OneThatAnnouncesMuchIsClosedAtOnce) {
  server.on("/", {send("HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n12345"), hold("never")});
  transfers client(patient);
  abort_after(client, {.url = server.url("/")}, trace_kind::response_header, "Content-Length");
  EXPECT_TRUE(server.wait_until([&] { return server.closed_by_client() == 1; }));
}

TEST_F(AnswerDrain, OneThatTurnsOutToBeLargeIsClosed) {
  server.on("/", {hold("answer"), send(answer(std::string(70'000, 'x'))), hold("never")});
  transfers client(patient);
  abort_after(client, {.url = server.url("/")}, trace_kind::request_header, "GET");
  server.open_gate("answer");
  client.run_until([&] { return server.closed_by_client() == 1; });
}

TEST_F(AnswerDrain, ThoseUnderWayEndWithTheirClient) {
  server.on("/", {hold("never")});
  {
    transfers client(patient);
    abort_after(client, {.url = server.url("/")}, trace_kind::request_header, "GET");
  }
  EXPECT_TRUE(server.wait_until([&] { return server.closed_by_client() == 1; }));
}

TEST_F(AnswerDrain, WhereSeveralHaveNotComeTheNextIsClosedAtOnce) {
  server.on("/", [](const testing::received_request& asked) -> test_server::script {
    return {hold(asked.target), close()};
  });
  transfers client(patient);
  const auto abort_one = [&](const std::string& target) {
    abort_after(client, {.url = server.url(target)}, trace_kind::request_header, "GET");
  };
  for (const char* target : {"/?1", "/?2", "/?3", "/?4"}) {
    abort_one(target);
    ASSERT_TRUE(server.wait_until([&] { return server.open_connections() == 1; }));
    const auto files = testing::open_files();
    server.open_gate(target);
    client.run_until([&] { return server.open_connections() == 0; });
    // Both its ends, and perhaps what an earlier test's client or server had still open.
    client.run_until([&] { return testing::open_files() <= files - 2; });
  }
  abort_one("/?never");
  EXPECT_TRUE(server.wait_until([&] { return server.closed_by_client() == 1; }));
}

}  // namespace
}  // namespace leash::http
