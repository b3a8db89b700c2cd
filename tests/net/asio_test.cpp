#include <gtest/gtest.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <string>

#include <leash/asio.hpp>
#include <leash/channel.hpp>
#include <leash/error.hpp>
#include <leash/go.hpp>
#include <leash/runtime.hpp>

namespace leash {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;

class Asio : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  runtime_options options() const { return {.processors = GetParam(), .leaks = leak_policy::off}; }
};
INSTANTIATE_TEST_SUITE_P(Workers, Asio, ::testing::Values(1u, 2u, 4u));

tcp::acceptor listener() {
  return {leash::io_context(), tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
}

struct destroyed {
  explicit destroyed(int& count) : count(&count) {}
  destroyed(destroyed&&) = delete;
  ~destroyed() { ++*count; }
  int* count;
};

task<> echo(tcp::socket socket) {
  std::array<char, 1024> space;
  boost::system::error_code ended;
  for (;;) {
    const std::size_t got =
        co_await socket.async_read_some(asio::buffer(space), use_goroutine(ended));
    if (ended) co_return;
    co_await asio::async_write(socket, asio::buffer(space.data(), got), use_goroutine(ended));
  }
}

task<> echo_server(tcp::acceptor acceptor) {
  for (;;) {
    tcp::socket socket = co_await acceptor.async_accept(use_goroutine);
    go(echo, std::move(socket));
  }
}

task<std::string> ask_echo(tcp::endpoint server, std::string text) {
  tcp::socket socket(leash::io_context());
  co_await socket.async_connect(server, use_goroutine);
  co_await asio::async_write(socket, asio::buffer(text), use_goroutine);
  std::string back(text.size(), '\0');
  co_await asio::async_read(socket, asio::buffer(back), use_goroutine);
  co_return back;
}

TEST_P(Asio, ATimerIsAwaited) {
  const auto before = std::chrono::steady_clock::now();
  run(
      []() -> task<> {
        asio::steady_timer timer(leash::io_context(), 5ms);
        co_await timer.async_wait(use_goroutine);
      },
      options());
  EXPECT_GE(std::chrono::steady_clock::now() - before, 5ms);
}

TEST_P(Asio, AnExpiredTimerIsAwaitedManyTimes) {
  run(
      []() -> task<> {
        asio::steady_timer timer(leash::io_context(), std::chrono::steady_clock::time_point::min());
        for (int i = 0; i < 2000; ++i) co_await timer.async_wait(use_goroutine);
      },
      options());
}

TEST_P(Asio, APostIsAwaited) {
  run([]() -> task<> { co_await asio::post(leash::io_context(), use_goroutine); }, options());
}

TEST_P(Asio, AnErrorIsThrown) {
  const auto code = run(
      []() -> task<boost::system::error_code> {
        tcp::socket closed(leash::io_context());
        std::array<char, 1> space;
        try {
          co_await closed.async_read_some(asio::buffer(space), use_goroutine);
        } catch (const boost::system::system_error& thrown) {
          co_return thrown.code();
        }
        co_return boost::system::error_code();
      },
      options());
  EXPECT_EQ(code, asio::error::bad_descriptor);
}

TEST_P(Asio, AnEchoComesBack) {
  const auto back = run(
      []() -> task<std::string> {
        tcp::acceptor acceptor = listener();
        const auto server = acceptor.local_endpoint();
        go(echo_server, std::move(acceptor));
        co_return co_await ask_echo(server, "hello");
      },
      options());
  EXPECT_EQ(back, "hello");
}

TEST_P(Asio, ManyEchoesComeBack) {
  const int good = run(
      []() -> task<int> {
        tcp::acceptor acceptor = listener();
        const auto server = acceptor.local_endpoint();
        go(echo_server, std::move(acceptor));
        channel<bool> answers;
        constexpr int clients = 100;
        for (int i = 0; i < clients; ++i) {
          go(
              [](tcp::endpoint server, std::string text, channel<bool> answers) -> task<> {
                const std::string back = co_await ask_echo(server, text);
                co_await answers.send(back == text);
              },
              server, std::string(static_cast<std::size_t>(1 + i * 97), 'x'), answers);
        }
        int equal = 0;
        for (int i = 0; i < clients; ++i) equal += (co_await answers.receive()).value_or(false);
        co_return equal;
      },
      options());
  EXPECT_EQ(good, 100);
}

TEST_P(Asio, AReaderIsUnwoundWhenMainReturns) {
  int gone = 0;
  asio::io_context outside;  // so that the peer outlives the reader
  tcp::acceptor acceptor(outside, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  run(
      [&]() -> task<> {
        tcp::socket client(leash::io_context());
        co_await client.async_connect(acceptor.local_endpoint(), use_goroutine);
        channel<> reading;
        go(
            [](tcp::socket socket, channel<> reading, int* gone) -> task<> {
              const destroyed watch(*gone);
              std::array<char, 1024> space;
              co_await reading.send();
              co_await socket.async_read_some(asio::buffer(space), use_goroutine);
              ADD_FAILURE() << "read nothing, yet went on";
            },
            std::move(client), reading, &gone);
        co_await reading.receive();
        co_await this_goroutine::yield();
      },
      options());
  EXPECT_EQ(gone, 1);
}

// Timers that expire while their goroutines are claimed: the handler may come before the unwinder,
// between its claim and its look, or after.
TEST_P(Asio, HandlersAndTheUnwinderMeetWithoutHarm) {
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> gone{0};
    struct mark {
      std::atomic<int>* count;
      ~mark() { count->fetch_add(1); }
    };
    run(
        [&gone]() -> task<> {
          for (int i = 0; i < 50; ++i) {
            go(
                [](std::atomic<int>* gone, int delay) -> task<> {
                  const mark last{gone};
                  asio::steady_timer timer(leash::io_context());
                  for (;;) {
                    timer.expires_after(std::chrono::microseconds(delay));
                    co_await timer.async_wait(use_goroutine);
                  }
                },
                &gone, i * 3);
          }
          asio::steady_timer timer(leash::io_context(), 1ms);
          co_await timer.async_wait(use_goroutine);
        },
        options());
    ASSERT_EQ(gone.load(), 50);
  }
}

TEST(AsioAlone, TheContextNeedsARuntime) { EXPECT_THROW(leash::io_context(), error); }

}  // namespace
}  // namespace leash
