// Bodies that are read, or sent, as they come; and nothing comes, or goes, faster than that.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <atomic>
#include <chrono>
#include <optional>
#include <string>

#include "http/client/compressed.hpp"
#include "http/h2_server.hpp"
#include "http/test_server.hpp"

#include <leash/asio.hpp>
#include <leash/http.hpp>
#include <leash/http_server.hpp>
#include <leash/leash.hpp>

namespace leash::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;
using testing::answer;
using testing::close;
using testing::gzipped_zeros;
using testing::h2_server;
using ::testing::HasSubstr;
using testing::hold;
using testing::send;
using testing::test_server;

constexpr std::size_t operator""_MiB(unsigned long long count) { return count << 20; }

class Streaming : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  template <class Main>
  auto running(Main main) const {
    return run(main, {.processors = GetParam(), .leaks = leak_policy::off, .watchdog = {}});
  }
  test_server files;
};
INSTANTIATE_TEST_SUITE_P(Workers, Streaming, ::testing::Values(1u, 2u, 8u));

task<std::string> rest_of(incoming& page) {
  std::string all;
  while (auto piece = co_await page.read()) {
    EXPECT_FALSE(piece->empty());
    all += *piece;
  }
  co_return all;
}

task<http::error> error_of(task<std::optional<std::string>> reading) {
  try {
    co_await std::move(reading);
  } catch (const http::error& failure) {
    co_return failure;
  }
  co_return http::error(0, "it did not fail");
}

std::string pattern(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 31 + (i >> 8));
  return bytes;
}

TEST_P(Streaming, TheHeadIsThereBeforeTheBody) {
  files.on("/", {send("HTTP/1.1 200 Fine\r\nX-One: 1\r\nContent-Length: 5\r\n\r\n"), hold("body"),
                 send("12345")});
  running([&]() -> task<> {
    client asking;
    incoming page = co_await asking.open({.url = files.url("/")});
    EXPECT_EQ(page.head().status, 200);
    EXPECT_EQ(page.head().reason, "Fine");
    EXPECT_EQ(*page.head().find("X-One"), "1");
    files.open_gate("body");
    EXPECT_EQ(co_await rest_of(page), "12345");
    EXPECT_EQ(co_await page.read(), std::nullopt);
  });
}

TEST_P(Streaming, ALargeBodyComesWhole) {
  const std::string body = pattern(20_MiB);
  files.on("/", {send(answer(body))});
  running([&]() -> task<> {
    client asking;
    incoming page = co_await asking.open({.url = files.url("/")});
    EXPECT_TRUE(co_await rest_of(page) == body);
    EXPECT_EQ((co_await asking.get(files.url("/"))).body.size(), body.size());
  });
  EXPECT_EQ(files.accepted(), 1);  // read to its end, its connection is used again
}

TEST_P(Streaming, AnAnswerWithoutABodyEndsAtOnce) {
  files.on("/", {send("HTTP/1.1 204 No Content\r\n\r\n")});
  running([&]() -> task<> {
    client asking;
    incoming page = co_await asking.open({.url = files.url("/")});
    EXPECT_EQ(page.head().status, 204);
    EXPECT_EQ(co_await page.read(), std::nullopt);
  });
}

// Sends a body of that size to the first who comes, and counts what the sockets have taken of it.
task<> pour(tcp::acceptor acceptor, std::size_t size, std::atomic<std::size_t>& poured) {
  tcp::socket socket = co_await acceptor.async_accept(use_goroutine);
  std::string asked;  // unread, it would be answered with a reset at the end
  co_await asio::async_read_until(socket, asio::dynamic_buffer(asked), "\r\n\r\n", use_goroutine);
  const std::string head =
      "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n";
  co_await asio::async_write(socket, asio::buffer(head), use_goroutine);
  const std::string piece(64 << 10, 'x');
  for (; poured < size; poured += piece.size())
    co_await asio::async_write(socket, asio::buffer(piece), use_goroutine);
}

TEST_P(Streaming, WhatNobodyReadsIsHeldBackAtTheServer) {
  std::atomic<std::size_t> poured{0};
  running([&]() -> task<> {
    tcp::acceptor acceptor(leash::io_context(), {asio::ip::address_v4::loopback(), 0});
    const std::string url =
        "http://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port()) + "/";
    go([&poured](tcp::acceptor from) { return pour(std::move(from), 200_MiB, poured); },
       std::move(acceptor));
    client asking;
    incoming page = co_await asking.open({.url = url});
    // Until it stands still: what both sockets hold has been taken then.
    for (std::size_t before = 1; before != poured || before == 0;) {
      before = poured;
      co_await sleep(50ms);
    }
    EXPECT_LT(poured.load(), 50_MiB);
    EXPECT_EQ((co_await rest_of(page)).size(), 200_MiB);
  });
}

TEST_P(Streaming, RedirectsAndInterimHeadsAreNotItsHead) {
  files.on("/", {send("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"),
                 send(answer("elsewhere", "302 Found", "Location: /there\r\n"))});
  files.on("/there", {send(answer("there"))});
  running([&]() -> task<> {
    client asking;
    incoming page = co_await asking.open({.url = files.url("/"), .follow_redirects = true});
    EXPECT_EQ(page.head().status, 200);
    EXPECT_EQ(page.head().find("Link"), nullptr);
    EXPECT_EQ(co_await rest_of(page), "there");
    incoming first = co_await asking.open({.url = files.url("/")});
    EXPECT_EQ(first.head().status, 302);
    EXPECT_EQ(co_await rest_of(first), "elsewhere");
  });
}

TEST_P(Streaming, ABrokenBodyIsAnErrorAfterWhatCame) {
  files.on("/",
           {send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345"), hold("read"), close()});
  running([&]() -> task<> {
    client asking;
    incoming page = co_await asking.open({.url = files.url("/")});
    EXPECT_EQ(co_await page.read(), "12345");
    files.open_gate("read");
    EXPECT_THAT((co_await error_of(page.read())).what(), HasSubstr("after 5 of 10 bytes"));
    EXPECT_THAT((co_await error_of(page.read())).what(), HasSubstr("after 5 of 10 bytes"));
  });
}

TEST_P(Streaming, NoHeadIsAnError) {
  files.on("/", {close()});
  running([&]() -> task<> {
    client asking;
    bool failed = false;
    try {
      co_await asking.open({.url = files.url("/")});
    } catch (const http::error&) {
      failed = true;
    }
    EXPECT_TRUE(failed);
  });
}

TEST_P(Streaming, LimitsHold) {
  files.on("/", {send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n1234\r\n"),
                 hold("read"), send("4\r\n1234\r\n"), hold("never")});
  running([&]() -> task<> {
    client asking;
    incoming page = co_await asking.open({.url = files.url("/"), .max_body = 6});
    EXPECT_EQ(co_await page.read(), "1234");
    files.open_gate("read");
    EXPECT_EQ((co_await error_of(page.read())).code(), 63);
  });
}

TEST_P(Streaming, ACompressedBodyIsReadDecompressed) {
  files.on("/", {send(answer(gzipped_zeros(5_MiB), "200 OK", "Content-Encoding: gzip\r\n"))});
  running([&]() -> task<> {
    client asking;
    incoming page = co_await asking.open({.url = files.url("/"), .compressed = true});
    EXPECT_TRUE(co_await rest_of(page) == std::string(5_MiB, '\0'));
  });
}

TEST_P(Streaming, DroppedItEndsTheTransfer) {
  files.on("/", {send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n12345"), hold("never")});
  running([&]() -> task<> {
    client asking;
    {
      incoming page = co_await asking.open({.url = files.url("/")});
    }
    EXPECT_TRUE(co_await blocking(
        [&] { return files.wait_until([&] { return files.closed_by_client() == 1; }); }));
  });
}

TEST_P(Streaming, ItsReaderMayBeUnwound) {
  files.on("/", {send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"), hold("never")});
  running([&]() -> task<> {
    client asking;
    const auto reading = [&]() -> task<> {
      incoming page = co_await asking.open({.url = files.url("/")});
      co_await page.read();
    };
    const cancelable_context limit = with_cancel(background());
    auto reader = spawn(limit.context(), reading);
    while (files.requests().empty()) co_await this_goroutine::yield();
    limit.cancel();
    bool unwound = false;
    try {
      co_await std::move(reader);
    } catch (const leash::error& ended) {
      unwound = ended.code() == errc::canceled;
    }
    EXPECT_TRUE(unwound);
    EXPECT_TRUE(co_await blocking(
        [&] { return files.wait_until([&] { return files.closed_by_client() == 1; }); }));
  });
}

TEST_P(Streaming, OverHttp2WhenThatIsAskedFor) {
  if (!h2_server::installed()) GTEST_SKIP() << "no nghttpd: apt-get install nghttp2-server";
  h2_server other;
  other.put_zeros("large", 20_MiB);
  running([&]() -> task<> {
    client asking;
    incoming page = co_await asking.open(
        {.url = other.url("large"), .version = http_version::http2, .insecure = true});
    EXPECT_EQ(page.head().version, "2");
    EXPECT_EQ((co_await rest_of(page)).size(), 20_MiB);
  });
}

// A server that answers with what it was sent.
std::string echo_url() {
  server echo([](const request& asked) -> task<response> {
    response same;
    same.status = 200;
    same.body = asked.method + " " + asked.body;
    co_return same;
  });
  go([](server serving) -> task<> { co_await serving.serve(); }, echo);
  return "http://127.0.0.1:" + std::to_string(echo.port()) + "/";
}

TEST_P(Streaming, ABodyIsSentAsItComes) {
  running([&]() -> task<> {
    client asking;
    channel<std::string> body;
    go(
        [](send_channel<std::string> to) -> task<> {
          for (const char* piece : {"one,", "", "two,", "three"}) co_await to.send(piece);
          to.close();
        },
        body.sender());
    const response got =
        co_await asking.send({.method = "PUT", .url = echo_url()}, body.receiver());
    EXPECT_EQ(got.body, "PUT one,two,three");
  });
}

TEST_P(Streaming, ALargeBodyIsSentWhole) {
  const std::string piece = pattern(1_MiB);
  running([&]() -> task<> {
    client asking;
    channel<std::string> pieces;
    go(
        [](send_channel<std::string> to, std::string piece) -> task<> {
          for (int i = 0; i < 7; ++i) co_await to.send(piece);
          to.close();
        },
        pieces.sender(), piece);
    const response got =
        co_await asking.send({.method = "POST", .url = echo_url()}, pieces.receiver());
    std::string wanted = "POST ";
    for (int i = 0; i < 7; ++i) wanted += piece;
    EXPECT_TRUE(got.body == wanted) << got.status << ": " << got.body.size() << " bytes";
  });
}

TEST_P(Streaming, AnEmptyBodyIsABody) {
  running([&]() -> task<> {
    client asking;
    channel<std::string> body;
    body.close();
    const response got =
        co_await asking.send({.method = "POST", .url = echo_url()}, body.receiver());
    EXPECT_EQ(got.body, "POST ");
  });
}

TEST_P(Streaming, ASenderThatFailsToConnectLeavesTheRestInTheChannel) {
  running([&]() -> task<> {
    client asking;
    channel<std::string> body(8);
    for (int i = 0; i < 8; ++i) co_await body.send("piece");
    bool failed = false;
    try {
      co_await asking.send({.method = "POST", .url = "http://127.0.0.1:1/"}, body.receiver());
    } catch (const http::error& failure) {
      failed = failure.code() == 7;
    }
    EXPECT_TRUE(failed);
    EXPECT_GE(body.size(), 5u);
  });
}

}  // namespace
}  // namespace leash::http
