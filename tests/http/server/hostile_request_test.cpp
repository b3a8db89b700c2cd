#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "http/server/raw_client.hpp"

#include <leash/error.hpp>
#include <leash/go.hpp>
#include <leash/http_server.hpp>
#include <leash/runtime.hpp>

#include "support/expect_error.hpp"
#include "support/growing_limit.hpp"

namespace leash::http {
namespace {

using namespace std::chrono_literals;
using leash::testing::raw_client;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class HostileRequest : public ::testing::Test {
 protected:
  std::uint16_t serve(server_options options) {
    return runtime_.run([&]() -> task<std::uint16_t> {
      server::handler handler = [](const request& asked) -> task<response> {
        response answer;
        answer.body = "you asked for " + asked.url;
        co_return answer;
      };
      const server listening(std::move(handler), options);
      go([](server listening) -> task<> { co_await listening.serve(); }, listening);
      co_return listening.port();
    });
  }

 private:
  runtime runtime_{{.processors = 2, .leaks = leak_policy::off}};
};

TEST_F(HostileRequest, WithAnEndlessHeadIsRefused) {
  raw_client client(serve({.max_head = 1 << 10}));
  EXPECT_THAT(client.ask("GET / HTTP/1.1\r\nX: " + std::string(2 << 10, 'x')),
              StartsWith("HTTP/1.1 431 "));
}

TEST_F(HostileRequest, WithTooLargeABodyIsRefused) {
  raw_client client(serve({.max_body = 10}));
  EXPECT_THAT(client.ask("POST / HTTP/1.1\r\nContent-Length: 11\r\n\r\n"),
              StartsWith("HTTP/1.1 413 "));
}

TEST_F(HostileRequest, ThatIsNoneIsRefused) {
  raw_client client(serve({}));
  EXPECT_THAT(client.ask("hello\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
}

TEST_F(HostileRequest, WhoseHeadNeverEndsIsHungUpOn) {
  raw_client client(serve({.read_timeout = 50ms}));
  EXPECT_EQ(client.ask("GET / HTTP/1.1\r\n"), "");
}

TEST_F(HostileRequest, WhoseBodyNeverComesIsHungUpOn) {
  raw_client client(serve({.read_timeout = 50ms}));
  EXPECT_EQ(client.ask("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nab"), "");
}

TEST_F(HostileRequest, OnAConnectionThatStaysIdleIsHungUpOn) {
  std::string last;
  // One that is not read in time is hung up on before it is answered.
  EXPECT_TRUE(test::holds_for_some_limit(50ms, [&](auto limit) {
    raw_client client(serve({.read_timeout = limit}));
    last = client.ask("GET /a HTTP/1.1\r\n\r\n");
    return last.ends_with("you asked for /a");
  })) << last;
}

TEST_F(HostileRequest, WaitsForItsTurnWhenThereAreTooManyConnections) {
  const std::uint16_t port = serve({.max_connections = 1});
  auto first = std::make_unique<raw_client>(port);
  first->send("GET /first HTTP/1.1\r\n\r\n");
  EXPECT_THAT(first->some(1000), HasSubstr("200 OK"));
  raw_client second(port);
  second.send("GET /second HTTP/1.1\r\nConnection: close\r\n\r\n");
  first.reset();
  EXPECT_THAT(second.rest(), EndsWith("you asked for /second"));
}

TEST(ServerOptions, WithWhatIsNoAddressAreAnError) {
  const auto listen = []() -> task<> {
    server::handler handler = [](const request&) -> task<response> { co_return response(); };
    const server listening(std::move(handler), {.address = "localhost"});
    co_return;
  };
  leash::testing::expect_error(errc::bad_option, [&] { run(listen, {.processors = 1}); });
}

}  // namespace
}  // namespace leash::http
