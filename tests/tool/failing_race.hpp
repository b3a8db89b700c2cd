#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <string>

#include "http/test_server.hpp"
#include "support/growing_limit.hpp"
#include "tool/command.hpp"

namespace leash::test {

// A port on which nobody listens, for as long as this lives.
class closed_port {
 public:
  std::string url(const std::string& path = "/") const {
    return "http://127.0.0.1:" + std::to_string(socket_.local_endpoint().port()) + path;
  }

 private:
  boost::asio::io_context io_;
  boost::asio::ip::tcp::socket socket_{io_, {boost::asio::ip::address_v4::loopback(), 0}};
};

// `leash race` and a server that does as it is told. Whatever happens, the command leaves neither files nor
// processes nor connections behind.
class race_failures : public ::testing::Test {
 protected:
  static constexpr const char* no_proxy = "no_proxy='*'";

  race_failures() {
    using namespace http::testing;
    server.on("/quick", {send(answer("quick"))});
    server.on("/other", {send(answer("other"))});
    server.on("/missing", {send(answer("", "404 Not Found"))});
    server.on("/never", {hold("never")});
    server.on("/gated", {hold("gate"), send(answer("gated"))});
    server.on("/stalled", {send(half), hold("never")});
    server.on("/reset", {send(half), reset()});
    server.on("/cut", {send(half), close()});
  }

  std::string url(const std::string& path) const { return server.url(path); }

  // Runs it to its end.
  outcome race(const std::string& arguments) const {
    running_command command("race " + arguments, no_proxy);
    return end_of(command);
  }

  outcome end_of(running_command& command) const {
    outcome result = command.wait();
    EXPECT_THAT(result.left, ::testing::IsEmpty());
    EXPECT_TRUE(server.wait_until([this] { return server.open_connections() == 0; }));
    return result;
  }

  // Before a limit that is short of this machine the request does not get as far as it should.
  void expect_time_out(const std::string& path, const std::string& before,
                       const std::string& after) const {
    outcome lost;
    EXPECT_TRUE(holds_for_some_limit(std::chrono::seconds(1), [&](auto limit) {
      const std::string seconds = std::to_string(limit.count());
      lost = race("-m " + seconds + " " + url(path));
      EXPECT_EQ(lost.code, 28);
      EXPECT_EQ(lost.out, "");
      return lost.err == "leash: " + url(path) + before + seconds + " s" + after + "\n";
    })) << lost.err;
  }

  bool wait_for_requests(std::size_t count) const {
    return server.wait_until([this, count] { return server.requests().size() == count; });
  }

  // An answer of which five of ten bytes come.
  static constexpr const char* half = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345";

  http::testing::test_server server;
  closed_port nobody;
};

// A race that nobody won: the exit code, nothing on stdout, and these lines on stderr.
inline void expect_failure(const outcome& lost, int code, const std::string& sentences) {
  EXPECT_EQ(lost.code, code);
  EXPECT_EQ(lost.out, "");
  EXPECT_EQ(lost.err, sentences);
}

}  // namespace leash::test
