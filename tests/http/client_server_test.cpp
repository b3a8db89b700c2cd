#include <gtest/gtest.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include <leash/asio.hpp>
#include <leash/channel.hpp>
#include <leash/context.hpp>
#include <leash/go.hpp>
#include <leash/http.hpp>
#include <leash/http_server.hpp>
#include <leash/runtime.hpp>

namespace leash::http {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using asio::ip::tcp;

class ClientAndServer : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  runtime_options options() const { return {.processors = GetParam(), .leaks = leak_policy::off}; }
};
INSTANTIATE_TEST_SUITE_P(Workers, ClientAndServer, ::testing::Values(1u, 2u, 4u));

task<response> hello(const request& asked) {
  if (asked.url == "/throws") throw std::runtime_error("no luck");
  response answer;
  answer.headers.push_back({"X-Method", asked.method});
  answer.body = asked.url + ":" + asked.body;
  co_return answer;
}

std::string serve(server::handler handler) {
  server made(std::move(handler));
  go([](server made) -> task<> { co_await made.serve(); }, made);
  return "http://127.0.0.1:" + std::to_string(made.port());
}

TEST_P(ClientAndServer, AGetIsAnswered) {
  const response answer = run(
      []() -> task<response> {
        const std::string base = serve(hello);
        client client;
        co_return co_await client.get(base + "/name");
      },
      options());
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "/name:");
  ASSERT_NE(answer.find("x-method"), nullptr);
  EXPECT_EQ(*answer.find("x-method"), "GET");
}

TEST_P(ClientAndServer, ABodyIsSent) {
  const response answer = run(
      []() -> task<response> {
        const std::string base = serve(hello);
        client client;
        co_return co_await client.send({.method = "PUT", .url = base + "/a", .body = "value"});
      },
      options());
  EXPECT_EQ(answer.body, "/a:value");
}

TEST_P(ClientAndServer, TheSecondRequestReusesTheConnection) {
  const response answer = run(
      []() -> task<response> {
        const std::string base = serve(hello);
        client client;
        co_await client.get(base + "/first");
        co_return co_await client.get(base + "/second");
      },
      options());
  EXPECT_EQ(answer.body, "/second:");
  EXPECT_TRUE(answer.reused_connection);
}

TEST_P(ClientAndServer, AHeadIsAnsweredWithoutABody) {
  const response answer = run(
      []() -> task<response> {
        const std::string base = serve(hello);
        client client;
        co_await client.send({.method = "HEAD", .url = base + "/name"});
        co_return co_await client.send({.method = "HEAD", .url = base + "/name"});
      },
      options());
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "");
  ASSERT_NE(answer.find("Content-Length"), nullptr);
  EXPECT_EQ(*answer.find("Content-Length"), "6");
}

TEST_P(ClientAndServer, AHandlerThatThrowsIsAnsweredFor) {
  const response answer = run(
      []() -> task<response> {
        const std::string base = serve(hello);
        client client;
        co_return co_await client.get(base + "/throws");
      },
      options());
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.body, "no luck\n");
}

TEST_P(ClientAndServer, ARefusedConnectionIsAnError) {
  const int code = run(
      []() -> task<int> {
        tcp::acceptor taken(leash::io_context(),
                            tcp::endpoint(asio::ip::address_v4::loopback(), 0));
        const std::string port = std::to_string(taken.local_endpoint().port());
        taken.close();
        client client;
        try {
          co_await client.get("http://127.0.0.1:" + port + "/");
        } catch (const error& failure) {
          co_return failure.code();
        }
        co_return 0;
      },
      options());
  EXPECT_EQ(code, 7);
}

TEST_P(ClientAndServer, ManyRequestsAtOnceAreAnswered) {
  const int good = run(
      []() -> task<int> {
        const std::string base = serve(hello);
        client client;
        channel<bool> answers;
        constexpr int requests = 200;
        for (int i = 0; i < requests; ++i) {
          go(
              [](http::client client, std::string base, int i, channel<bool> answers) -> task<> {
                const std::string path = "/" + std::to_string(i);
                const response answer = co_await client.get(base + path);
                co_await answers.send(answer.body == path + ":");
              },
              client, base, i, answers);
        }
        int equal = 0;
        for (int i = 0; i < requests; ++i) equal += (co_await answers.receive()).value_or(false);
        co_return equal;
      },
      options());
  EXPECT_EQ(good, 200);
}

TEST_P(ClientAndServer, AHandlerWhoseClientIsGoneIsUnwound) {
  run(
      []() -> task<> {
        const channel<> gone(1);
        struct teller {
          channel<> gone;
          ~teller() { gone.try_send(); }
        };
        const auto begun = std::make_shared<std::atomic<bool>>(false);
        const std::string base = serve([gone, begun](const request&) -> task<response> {
          const teller last{gone};
          *begun = true;
          co_await channel<>::nil().receive();
          co_return response();
        });
        client client;
        request asked{.url = base};
        // A client that gives up before the server has heard of it is no client of the handler's.
        for (auto limit = 20ms; !*begun && limit < 1min; limit *= 2) {
          asked.timeout = limit;
          EXPECT_THROW(co_await client.send(asked), error);
        }
        EXPECT_TRUE(*begun);
        if (*begun) co_await gone.receive();
      },
      options());
}

TEST_P(ClientAndServer, AServersLeashHoldsItsConnections) {
  run(
      []() -> task<> {
        channel<> begun;
        const channel<> gone(1);
        struct teller {
          channel<> gone;
          ~teller() { gone.try_send(); }
        };
        server made([begun, gone](const request&) -> task<response> {
          const teller last{gone};
          co_await begun.send();
          co_await channel<>::nil().receive();
          co_return response();
        });
        const std::string base = "http://127.0.0.1:" + std::to_string(made.port());
        cancelable_context leash = with_cancel(background());
        go(leash, [](server made) -> task<> { co_await made.serve(); }, made);
        client client;
        const channel<> failed(1);
        go(
            [](http::client client, std::string url, channel<> failed) -> task<> {
              try {
                co_await client.get(url);
              } catch (const error&) {
                failed.try_send();
              }
            },
            client, base, failed);
        co_await begun.receive();
        leash.cancel();
        co_await gone.receive();
        co_await failed.receive();
      },
      options());
}

// The request's goroutine is unwound when main returns; what its server sees is its connection's end.
TEST_P(ClientAndServer, AnUnwoundRequestClosesItsConnection) {
  boost::system::error_code seen;
  asio::io_context outside;
  tcp::acceptor acceptor(outside, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  const std::string url =
      "http://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port()) + "/";
  tcp::socket peer(outside);
  std::thread server([&] {
    acceptor.accept(peer);
    std::string head;
    asio::read_until(peer, asio::dynamic_buffer(head), "\r\n\r\n");
    asio::write(peer,
                asio::buffer(std::string("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")));
  });
  run(
      [&]() -> task<> {
        client client;
        channel<> begun;
        go(
            [](http::client client, std::string url, channel<> begun) -> task<> {
              request asked{.url = url};
              asked.on_trace = [begun](trace_kind kind, std::string_view) {
                if (kind == trace_kind::response_header) begun.try_send();
              };
              co_await client.send(std::move(asked));
              ADD_FAILURE() << "half an answer, yet went on";
            },
            client, url, begun);
        co_await begun.receive();
      },
      options());
  server.join();
  std::string rest(1, '\0');
  asio::read(peer, asio::buffer(rest), seen);
  EXPECT_EQ(seen, asio::error::eof);
}

}  // namespace
}  // namespace leash::http
