#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <leash/asio.hpp>
#include <leash/leash.hpp>

// leash inside a program that has an io_context and threads of its own.

namespace leash {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;

// The program: an io_context that two threads run.
class asio_program {
 public:
  asio_program() {
    for (int i = 0; i < 2; ++i) threads_.emplace_back([this] { context.run(); });
  }
  asio_program(asio_program&&) = delete;
  ~asio_program() { stop(); }
  void stop() {
    work_.reset();
    context.stop();
    for (std::thread& each : threads_)
      if (each.joinable()) each.join();
  }

  asio::io_context context;

 private:
  asio::executor_work_guard<asio::io_context::executor_type> work_{context.get_executor()};
  std::vector<std::thread> threads_;
};

class EmbeddedInAsio : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  runtime_options options() const { return {.processors = GetParam(), .leaks = leak_policy::off}; }
};
INSTANTIATE_TEST_SUITE_P(Workers, EmbeddedInAsio, ::testing::Values(1u, 2u, 8u));

// The program's own kind of server: callbacks.
class callback_echo : public std::enable_shared_from_this<callback_echo> {
 public:
  explicit callback_echo(tcp::socket socket) : socket_(std::move(socket)) {}
  void read() {
    socket_.async_read_some(asio::buffer(space_),
                            [self = shared_from_this()](auto failure, std::size_t got) {
                              if (!failure) self->write(got);
                            });
  }

 private:
  void write(std::size_t count) {
    asio::async_write(socket_, asio::buffer(space_.data(), count),
                      [self = shared_from_this()](auto failure, std::size_t) {
                        if (!failure) self->read();
                      });
  }

  tcp::socket socket_;
  std::array<char, 512> space_{};
};

void accept_with_callbacks(tcp::acceptor& acceptor) {
  acceptor.async_accept([&acceptor](auto failure, tcp::socket socket) {
    if (failure) return;
    std::make_shared<callback_echo>(std::move(socket))->read();
    accept_with_callbacks(acceptor);
  });
}

task<std::string> ask(asio::io_context& context, tcp::endpoint server, std::string text) {
  tcp::socket socket(context);
  co_await socket.async_connect(server, use_goroutine);
  co_await asio::async_write(socket, asio::buffer(text), use_goroutine);
  std::string back(text.size(), '\0');
  co_await asio::async_read(socket, asio::buffer(back), use_goroutine);
  co_return back;
}

TEST_P(EmbeddedInAsio, AwaitsOperationsOfTheProgramsOwnContext) {
  asio_program program;
  tcp::acceptor acceptor(program.context, {asio::ip::address_v4::loopback(), 0});
  asio::post(program.context, [&] { accept_with_callbacks(acceptor); });
  runtime rt(options());
  const auto server = acceptor.local_endpoint();
  for (int round = 0; round < 20; ++round)
    EXPECT_EQ(rt.run([&] { return ask(program.context, server, "hello over there"); }),
              "hello over there");
  std::vector<std::future<std::string>> answers;
  for (int i = 0; i < 16; ++i)
    answers.push_back(std::async(std::launch::async, [&, i] {
      return rt.run([&] {
        return ask(program.context, server, std::string(100 + static_cast<std::size_t>(i), 'x'));
      });
    }));
  for (std::size_t i = 0; i < answers.size(); ++i) EXPECT_EQ(answers[i].get().size(), 100 + i);
}

TEST_P(EmbeddedInAsio, LendsItsOwnContextToTheProgram) {
  runtime rt(options());
  asio::steady_timer timer(rt.io(), 1ms);
  std::promise<bool> rang;
  timer.async_wait([&](auto failure) { rang.set_value(!failure); });
  EXPECT_TRUE(rang.get_future().get());
}

TEST_P(EmbeddedInAsio, StartsAGoroutineFromAHandlerAndAnswersThroughAChannel) {
  asio_program program;
  runtime rt(options());
  const channel<int> answers(4);
  for (int i = 1; i <= 4; ++i)
    asio::post(program.context, [&rt, answers, i] {
      rt.go([](int number, send_channel<int> out) -> task<> { co_await out.send(number * number); },
            i, answers.sender());
    });
  EXPECT_EQ(rt.run([answers]() -> task<int> {
    int sum = 0;
    for (int i = 0; i < 4; ++i) sum += *co_await answers.receive();
    co_return sum;
  }),
            30);
}

TEST_P(EmbeddedInAsio, CancelsAndAwaitsWhatIsPendingInTheProgramsContext) {
  asio_program program;
  for (int round = 0; round < 50; ++round) {
    runtime rt(options());
    const channel<> waiting(8);
    for (int i = 0; i < 8; ++i)
      rt.go([&program, waiting]() -> task<> {
        asio::steady_timer timer(program.context, 1h);
        co_await waiting.send();
        co_await timer.async_wait(use_goroutine);
        ADD_FAILURE() << "a timer of an hour went off";
      });
    rt.run([waiting, round]() -> task<> {
      for (int i = 0; i < round % 9; ++i) co_await waiting.receive();
    });
  }
  EXPECT_EQ(num_goroutines(), 0u);
}

// An I/O object may not outlive its context; something that was only posted may.
TEST_P(EmbeddedInAsio, OperationsEndWithTheContextThatTheyBelongTo) {
  runtime rt(options());
  auto program = std::make_unique<asio_program>();
  program->stop();
  const channel<> posting;
  const channel<boost::system::error_code> ended(1);
  rt.go([posting, ended, context = &program->context]() -> task<> {
    co_await posting.send();
    boost::system::error_code code;
    try {
      co_await asio::post(*context, use_goroutine);
    } catch (const boost::system::system_error& failure) {
      code = failure.code();
    }
    co_await ended.send(code);
  });
  rt.run([&]() -> task<> {
    co_await posting.receive();
    co_await sleep(1ms);
  });
  std::optional<boost::system::error_code> none;
  EXPECT_EQ(ended.try_receive(none), op_status::would_block);
  program.reset();
  const auto wait = [&]() -> task<boost::system::error_code> {
    co_return *co_await ended.receive();
  };
  EXPECT_EQ(rt.run(wait), asio::error::operation_aborted);
}

}  // namespace
}  // namespace leash
