// Transfers that are given up: what the server sees of it, and that exactly one end is told.
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/use_future.hpp>

#include <atomic>
#include <future>
#include <memory>
#include <thread>
#include <vector>

#include "http/client/async_transfer.hpp"
#include "http/client/curl_multi.hpp"
#include "http/client/transfers.hpp"
#include "http/test_server.hpp"

namespace leash::http {
namespace {

using testing::answer;
using testing::hold;
using testing::send;
using testing::test_server;
using testing::transfers;

TEST(CurlMultiAbort, TheServerSeesTheConnectionClosed) {
  test_server server;
  server.on("/slow", {hold("never")});
  transfers client;
  const auto transfer = client.start({.url = server.url("/slow")});
  client.run_until([&] { return server.requests().size() == 1; });
  EXPECT_EQ(server.closed_by_client(), 0);

  client.multi().abort(transfer);
  client.run();
  EXPECT_EQ(transfer->outcome(), transfer_outcome::aborted);
  EXPECT_EQ(client.completions(), 1);
  EXPECT_TRUE(server.wait_until([&] { return server.closed_by_client() == 1; }));
}

// So that nothing of the connection is left on this side: one that is closed in good order keeps its port for a minute.
TEST(CurlMultiAbort, TheServerSeesItReset) {
  test_server server;
  server.on("/slow", {hold("never")});
  server.on("/quick", {send(answer("kept"))});
  transfers client;
  client.fetch({.url = server.url("/quick")});
  const auto transfer = client.start({.url = server.url("/slow")});
  const auto other = client.start({.url = server.url("/quick")});
  client.run_until([&] { return server.requests().size() == 3 && client.completions() == 2; });
  client.multi().abort(transfer);
  client.run();
  ASSERT_TRUE(server.wait_until([&] { return server.closed_by_client() == 1; }));
  EXPECT_EQ(server.reset_by_client(), 1);
  client.close();
  ASSERT_TRUE(server.wait_until([&] { return server.closed_by_client() == 2; }));
  EXPECT_EQ(server.reset_by_client(), 1) << "one that has rested is closed in good order";
}

TEST(CurlMultiAbort, InMidBodyTheConnectionIsClosedToo) {
  test_server server;
  server.on("/", {send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart"), hold("never")});
  transfers client;
  bool head = false;
  const auto transfer = client.start(
      {.url = server.url("/"), .on_trace = [&](trace_kind kind, std::string_view line) {
         head = head || (kind == trace_kind::response_header && line.empty());
       }});
  client.run_until([&] { return head; });
  client.multi().abort(transfer);
  client.run();
  EXPECT_EQ(transfer->outcome(), transfer_outcome::aborted);
  EXPECT_TRUE(server.wait_until([&] { return server.closed_by_client() == 1; }));
}

TEST(CurlMultiAbort, WhatIsAbortedBeforeItIsStartedNeverConnects) {
  test_server server;
  transfers client;
  auto transfer = std::make_shared<curl_transfer>(request{.url = server.url("/")});
  client.multi().abort(transfer);
  int completions = 0;
  client.multi().start(transfer, [&](curl_transfer&) { ++completions; });
  client.run();
  EXPECT_EQ(completions, 1);
  EXPECT_EQ(transfer->outcome(), transfer_outcome::aborted);
  EXPECT_EQ(server.accepted(), 0);
}

TEST(CurlMultiAbort, StraightAfterTheStartItIsAbortedOnce) {
  test_server server;
  transfers client;
  const auto transfer = client.start({.url = server.url("/")});
  client.multi().abort(transfer);
  client.multi().abort(transfer);
  client.run();
  EXPECT_EQ(client.completions(), 1);
  EXPECT_EQ(transfer->outcome(), transfer_outcome::aborted);
}

TEST(CurlMultiAbort, AfterTheAnswerItChangesNothing) {
  test_server server;
  server.on("/", {send(answer("whole"))});
  transfers client;
  const auto transfer = client.fetch({.url = server.url("/")});
  client.multi().abort(transfer);
  client.run();
  EXPECT_EQ(client.completions(), 1);
  EXPECT_EQ(transfer->outcome(), transfer_outcome::answered);
  EXPECT_EQ(transfer->answer().body, "whole");
  EXPECT_EQ(server.closed_by_client(), 0) << "the connection was kept for the next transfer";
}

TEST(CurlMultiAbort, OthersOnTheSameMultiGoOn) {
  test_server server;
  server.on("/slow", {hold("never")});
  server.on("/held", {hold("later"), send(answer("still here"))});
  transfers client;
  const auto loser = client.start({.url = server.url("/slow")});
  const auto other = client.start({.url = server.url("/held")});
  client.run_until([&] { return server.requests().size() == 2; });
  client.multi().abort(loser);
  client.run_until([&] { return client.completions() == 1; });
  server.open_gate("later");
  client.run();
  EXPECT_EQ(loser->outcome(), transfer_outcome::aborted);
  EXPECT_EQ(other->answer().body, "still here");
}

TEST(CurlMultiAbort, DestroyingTheMultiAbortsWhatRuns) {
  test_server server;
  server.on("/slow", {hold("never")});
  transfers client;
  const auto transfer = client.start({.url = server.url("/slow")});
  client.run_until([&] { return server.requests().size() == 1; });
  client.close();
  EXPECT_EQ(client.completions(), 1);
  EXPECT_EQ(transfer->outcome(), transfer_outcome::aborted);
  EXPECT_TRUE(server.wait_until([&] { return server.open_connections() == 0; }));
}

TEST(CurlMultiAbort, DestroyingTheContextClosesTheConnectionsAndCallsNobody) {
  test_server server;
  server.on("/slow", {hold("never")});
  server.on("/quick", {send(answer("quick"))});
  auto witness = std::make_shared<int>(0);
  {
    boost::asio::io_context io;
    curl_multi multi(io.get_executor());
    const auto complete = [witness](curl_transfer&) { ++*witness; };
    multi.start(std::make_shared<curl_transfer>(request{.url = server.url("/quick")}), complete);
    while (*witness == 0) io.run_one();
    multi.start(std::make_shared<curl_transfer>(request{.url = server.url("/slow")}), complete);
    while (server.requests().size() != 2) io.poll();
  }
  EXPECT_EQ(*witness, 1);
  EXPECT_EQ(witness.use_count(), 1) << "completions were destroyed";
  EXPECT_TRUE(server.wait_until([&] { return server.open_connections() == 0; }));
}

TEST(CurlMultiAbort, StartsAndAbortsComeFromAnyThread) {
  test_server server;
  server.on("/quick", {send(answer("quick"))});
  server.on("/slow", {hold("never")});
  boost::asio::io_context io;
  curl_multi multi(io.get_executor());
  auto work = boost::asio::make_work_guard(io);
  std::thread runner([&] { io.run(); });

  constexpr int each = 50;
  std::atomic<int> answered = 0, aborted = 0, completions = 0;
  std::vector<std::thread> askers;
  askers.reserve(3);
  for (int thread = 0; thread < 3; ++thread) {
    askers.emplace_back([&] {
      for (int i = 0; i < each; ++i) {
        std::promise<void> winner_done, loser_done;
        const auto start = [&](const char* path, std::promise<void>& done) {
          auto transfer = std::make_shared<curl_transfer>(request{.url = server.url(path)});
          multi.start(transfer, [&](curl_transfer& ended) {
            ++completions;
            if (ended.outcome() == transfer_outcome::answered) ++answered;
            if (ended.outcome() == transfer_outcome::aborted) ++aborted;
            done.set_value();
          });
          return transfer;
        };
        const auto loser = start("/slow", loser_done);
        const auto winner = start("/quick", winner_done);
        winner_done.get_future().wait();
        EXPECT_EQ(winner->answer().body, "quick");
        multi.abort(loser);
        loser_done.get_future().wait();
        EXPECT_EQ(loser->outcome(), transfer_outcome::aborted);
      }
    });
  }
  for (std::thread& asker : askers) asker.join();
  work.reset();
  runner.join();
  EXPECT_EQ(answered, 3 * each);
  EXPECT_EQ(aborted, 3 * each);
  EXPECT_EQ(completions, 6 * each);
}

TEST(CurlMultiAbort, AnAbortMayRaceTheAnswerAndOneOfThemIsTold) {
  test_server server;
  server.on("/quick", {send(answer("quick"))});
  transfers client;
  int answered = 0, aborted = 0;
  for (int i = 0; i < 200; ++i) {
    const auto transfer = client.start({.url = server.url("/quick")});
    client.io().restart();
    for (int turn = 0; turn < i % 12; ++turn)
      client.io().poll_one();  // a different point each time
    client.multi().abort(transfer);
    client.run();
    if (transfer->outcome() == transfer_outcome::aborted) ++aborted;
    if (transfer->outcome() == transfer_outcome::answered) {
      ++answered;
      EXPECT_EQ(transfer->answer().body, "quick");
    }
  }
  EXPECT_EQ(answered + aborted, 200);
  EXPECT_EQ(client.completions(), 200);
}

TEST(AsyncTransfer, IsAnAsioOperation) {
  test_server server;
  server.on("/", {send(answer("as an operation"))});
  transfers client;
  const auto transfer = std::make_shared<curl_transfer>(request{.url = server.url("/")});
  auto done = async_transfer(client.multi(), transfer, boost::asio::use_future);
  client.run();
  done.get();
  EXPECT_EQ(transfer->answer().body, "as an operation");
}

TEST(AsyncTransfer, IsCancelledThroughItsSlotAndThenCompletes) {
  test_server server;
  server.on("/slow", {hold("never")});
  transfers client;
  const auto transfer = std::make_shared<curl_transfer>(request{.url = server.url("/slow")});
  boost::asio::cancellation_signal signal;
  int completions = 0;
  async_transfer(client.multi(), transfer,
                 boost::asio::bind_cancellation_slot(signal.slot(), [&] { ++completions; }));
  client.run_until([&] { return server.requests().size() == 1; });
  EXPECT_EQ(completions, 0);
  signal.emit(boost::asio::cancellation_type::terminal);
  client.run();
  EXPECT_EQ(completions, 1);
  EXPECT_EQ(transfer->outcome(), transfer_outcome::aborted);
  EXPECT_FALSE(signal.slot().has_handler());
  EXPECT_TRUE(server.wait_until([&] { return server.closed_by_client() == 1; }));
}

}  // namespace
}  // namespace leash::http
