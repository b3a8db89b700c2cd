#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "http/server/raw_client.hpp"

#include <leash/channel.hpp>
#include <leash/go.hpp>
#include <leash/http_server.hpp>
#include <leash/runtime.hpp>

#include "support/growing_limit.hpp"

namespace leash::http {
namespace {

using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

using body = std::function<task<>(body_writer&)>;

// A server on workers of its own that answers every request with this body.
class serving {
 public:
  explicit serving(body made, server_options options = {}) {
    port_ = runtime_.run([&]() -> task<std::uint16_t> {
      server::streaming_handler handler = [made](const request&) -> task<streamed_response> {
        co_return streamed_response{{}, made};
      };
      const server listening(std::move(handler), options);
      go([](server listening) -> task<> { co_await listening.serve(); }, listening);
      co_return listening.port();
    });
  }

  std::uint16_t port() const { return port_; }
  std::string answer_to(std::string_view request) const {
    return leash::testing::raw_client(port_).ask(request);
  }

 private:
  runtime runtime_{{.processors = 2, .leaks = leak_policy::off}};
  std::uint16_t port_ = 0;
};

constexpr std::string_view get = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

task<> two_pieces(body_writer& out) {
  co_await out.write("one");
  co_await out.write("");
  co_await out.write("and two");
}

TEST(StreamedAnswer, ComesInChunksAndHasAnEnd) {
  const std::string answer = serving(two_pieces).answer_to(get);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("Transfer-Encoding: chunked\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n3\r\none\r\n7\r\nand two\r\n0\r\n\r\n"));
}

TEST(StreamedAnswer, IsFollowedByAnotherOneOnTheSameConnection) {
  const serving server(two_pieces);
  const std::string answers =
      server.answer_to(std::string("GET / HTTP/1.1\r\nHost: a\r\n\r\n") + std::string(get));
  EXPECT_EQ(answers.find("0\r\n\r\nHTTP/1.1 200 OK\r\n"), answers.rfind("HTTP/1.1 200 OK\r\n") - 5);
}

TEST(StreamedAnswer, HasNoChunksForAnOldClient) {
  const std::string answer = serving(two_pieces).answer_to("GET / HTTP/1.0\r\n\r\n");
  EXPECT_THAT(answer, Not(HasSubstr("chunked")));
  EXPECT_THAT(answer, EndsWith("\r\n\r\noneand two"));
}

TEST(StreamedAnswer, IsNotMadeForAHead) {
  std::atomic<bool> made{false};
  const serving server([&made](body_writer&) -> task<> {
    made = true;
    co_return;
  });
  const std::string answer =
      server.answer_to("HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("Transfer-Encoding: chunked\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
  EXPECT_FALSE(made);
}

TEST(StreamedAnswer, BreaksOffWhenItsBodyThrows) {
  const serving server([](body_writer& out) -> task<> {
    co_await out.write("one");
    throw std::runtime_error("no more");
  });
  EXPECT_THAT(server.answer_to(get), EndsWith("\r\n\r\n3\r\none\r\n"));
}

// Tells when a body's frame is gone.
struct last_word {
  channel<> gone;
  ~last_word() { gone.try_send(); }
};

body endless(const channel<>& gone, std::atomic<std::size_t>& written) {
  return [gone, &written](body_writer& out) -> task<> {
    const last_word last{gone};
    const std::string piece(16 << 10, 'x');
    for (;;) {
      co_await out.write(piece);
      written += piece.size();
    }
  };
}

TEST(StreamedAnswer, IsUnwoundWhenItsReaderIsGone) {
  const channel<> gone(1);
  std::atomic<std::size_t> written{0};
  const serving server(endless(gone, written));
  {
    leash::testing::raw_client reader(server.port());
    reader.send(get);
    EXPECT_FALSE(reader.some(100'000).empty());
  }
  EXPECT_TRUE(gone.receive_blocking());
}

TEST(StreamedAnswer, IsUnwoundWhenItsReaderTakesNothing) {
  const channel<> gone(1);
  std::atomic<std::size_t> written{0};
  const serving server(endless(gone, written), {.write_timeout = 100ms});
  leash::testing::raw_client reader(server.port(), 4 << 10);
  reader.send(get);
  EXPECT_TRUE(gone.receive_blocking());
  EXPECT_LT(written, std::size_t{16} << 20);  // what fits into the system's buffers
}

TEST(StreamedAnswer, MayTakeLongerThanTheWriteTimeoutWhenItsPiecesDoNot) {
  EXPECT_TRUE(test::holds_for_some_limit(200ms, [](auto limit) {
    const serving server(
        [limit](body_writer& out) -> task<> {
          const auto end = std::chrono::steady_clock::now() + 2 * limit;
          while (std::chrono::steady_clock::now() < end) co_await out.write("x");
          co_await out.write("the end");
        },
        {.write_timeout = limit});
    return server.answer_to(get).ends_with("7\r\nthe end\r\n0\r\n\r\n");
  }));
}

}  // namespace
}  // namespace leash::http
