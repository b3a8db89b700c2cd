// How a request is sent: which HTTP, to which address, through whom, in whose name, compressed or not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "http/client/compressed.hpp"
#include "http/client/curl_multi.hpp"
#include "http/client/transfers.hpp"
#include "http/h2_server.hpp"
#include "http/test_server.hpp"

namespace leash::http {
namespace {

using testing::answer;
using testing::gzipped_zeros;
using testing::h2_server;
using ::testing::HasSubstr;
using testing::received_request;
using testing::send;
using testing::test_server;
using testing::transfers;

// The value of a header that the server's first request had.
std::optional<std::string> sent(const test_server& server, std::string_view name) {
  const received_request asked = server.requests().at(0);
  const std::string* value = find_header(asked.headers, name);
  if (value == nullptr) return std::nullopt;
  return *value;
}

// A variable of the environment, for as long as this lives.
class environment {
 public:
  environment(const char* name, const std::string& value) : name_(name) {
    setenv(name, value.c_str(), 1);
  }
  ~environment() { unsetenv(name_); }
  environment(const environment&) = delete;
  environment& operator=(const environment&) = delete;

 private:
  const char* name_;
};

TEST(RequestOptions, CompressedIsAskedForAndTakenApart) {
  test_server server;
  server.on("/", {send(answer(gzipped_zeros(1000), "200 OK", "Content-Encoding: gzip\r\n"))});
  transfers client;
  const auto done = client.fetch({.url = server.url("/"), .compressed = true});
  ASSERT_EQ(done->outcome(), transfer_outcome::answered) << done->failure().message;
  EXPECT_EQ(done->answer().body, std::string(1000, '\0'));
  EXPECT_THAT(sent(server, "Accept-Encoding").value_or(""), HasSubstr("gzip"));
}

TEST(RequestOptions, NotAskedForItStaysAsItCame) {
  test_server server;
  const std::string stream = gzipped_zeros(1000);
  server.on("/", {send(answer(stream, "200 OK", "Content-Encoding: gzip\r\n"))});
  transfers client;
  EXPECT_EQ(client.fetch({.url = server.url("/")})->answer().body, stream);
  EXPECT_EQ(sent(server, "Accept-Encoding"), std::nullopt);
}

TEST(RequestOptions, AUserIsNamedToItsHostOnly) {
  test_server server;
  test_server other;
  other.on("/", {send(answer("there"))});
  server.on("/", {send(answer("", "302 Found", "Location: " + other.url("/") + "\r\n"))});
  transfers client;
  const auto done =
      client.fetch({.url = server.url("/"), .user = "me:a:secret", .follow_redirects = true});
  EXPECT_EQ(done->answer().body, "there");
  EXPECT_EQ(sent(server, "Authorization"), "Basic bWU6YTpzZWNyZXQ=");
  EXPECT_EQ(sent(other, "Authorization"), std::nullopt);
}

TEST(RequestOptions, APinnedAddressIsUsed) {
  test_server server;
  server.on("/", {send(answer("here"))});
  transfers client;
  const std::string port = std::to_string(server.port());
  const auto done = client.fetch({.url = "http://no-such-host.invalid:" + port + "/",
                                  .resolve = {"no-such-host.invalid:" + port + ":127.0.0.1"}});
  ASSERT_EQ(done->outcome(), transfer_outcome::answered) << done->failure().message;
  EXPECT_EQ(done->answer().body, "here");
  EXPECT_EQ(sent(server, "Host"), "no-such-host.invalid:" + port);
}

TEST(RequestOptions, APinThatNamesNoAddressIsRefused) {
  transfers client;
  for (const char* pin : {"host", "host:80", ":80:127.0.0.1"}) {
    const auto done = client.fetch({.url = "http://host/", .resolve = {pin}});
    EXPECT_EQ(done->failure().code, CURLE_BAD_FUNCTION_ARGUMENT);
    EXPECT_EQ(done->failure().message, "http://host/: \"" + std::string(pin) +
                                           "\" pins no address: it takes host:port:address");
  }
  for (const char* pin : {"host:80:not-an-address", "host:port:127.0.0.1"}) {
    const auto done = client.fetch({.url = "http://host/", .resolve = {pin}});
    EXPECT_EQ(done->outcome(), transfer_outcome::failed);
    EXPECT_THAT(done->failure().message, HasSubstr("cannot pin an address")) << pin;
  }
}

TEST(RequestOptions, TheEnvironmentsProxyIsUsedButForThoseItLeavesOut) {
  test_server server;
  server.on("/", {send(answer("direct"))});
  test_server proxy;
  proxy.on("http://far.invalid/page", {send(answer("by proxy"))});
  const environment proxied("http_proxy", proxy.url(""));
  const environment left_out("no_proxy", "127.0.0.1");
  transfers client;
  EXPECT_EQ(client.fetch({.url = "http://far.invalid/page"})->answer().body, "by proxy");
  EXPECT_EQ(client.fetch({.url = server.url("/")})->answer().body, "direct");
}

TEST(RequestOptions, AProxyThatIsNotThereIsNamed) {
  const environment proxied("http_proxy", "http://127.0.0.1:1");
  transfers client;
  const auto done = client.fetch({.url = "http://far.invalid/"});
  EXPECT_EQ(done->failure().code, CURLE_COULDNT_CONNECT);
  EXPECT_EQ(done->failure().message,
            "could not connect to http://far.invalid/, by way of its proxy 127.0.0.1 port 1: "
            "Connection refused: check the port, and that the server runs");
}

TEST(RequestOptions, Http2OverAProxysTunnelThatIsRefusedIsASentence) {
  test_server proxy;
  proxy.on("far.invalid:443", {send(answer("", "403 Forbidden"))});
  const environment proxied("https_proxy", proxy.url(""));
  transfers client;
  const auto done = client.fetch({.url = "https://far.invalid/"});
  EXPECT_EQ(done->outcome(), transfer_outcome::failed);
  EXPECT_THAT(done->failure().message, HasSubstr("403"));
}

TEST(RequestOptions, AreNotTheNextRequestsToo) {
  test_server server;
  server.on("/", {send(answer("", "302 Found", "Location: /there\r\n"))});
  server.on("/there", {send(answer("there"))});
  transfers client;
  client.fetch({.method = "PUT",
                .url = server.url("/"),
                .headers = {{"X-One", "1"}},
                .omit = {"Accept"},
                .body = "body",
                .compressed = true,
                .user = "me:secret",
                .insecure = true,
                .follow_redirects = true,
                .max_body = 10});
  const auto next = client.fetch({.url = server.url("/")});
  EXPECT_EQ(next->answer().status, 302);
  const received_request asked = server.requests().back();
  EXPECT_EQ(asked.method, "GET");
  EXPECT_EQ(asked.body, "");
  for (const header& field : asked.headers)
    EXPECT_THAT((std::vector<std::string>{"Host", "User-Agent", "Accept"}),
                ::testing::Contains(field.name));
  EXPECT_EQ(asked.headers.size(), 3u);
}

class HttpVersion : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!h2_server::installed()) GTEST_SKIP() << "no nghttpd: apt-get install nghttp2-server";
  }

  static std::string version_of(const h2_server& server, http_version version) {
    transfers client;
    const auto done =
        client.fetch({.url = server.url("page"), .version = version, .insecure = true});
    return done->outcome() == transfer_outcome::answered ? done->answer().version
                                                         : done->failure().message;
  }
};

TEST_F(HttpVersion, IsNegotiatedOverTls) {
  h2_server server;
  server.put("page", "page");
  EXPECT_EQ(version_of(server, http_version::any), "2");
  EXPECT_EQ(version_of(server, http_version::http2), "2");
  EXPECT_EQ(version_of(server, http_version::http2_prior_knowledge), "2");
}

TEST_F(HttpVersion, Is2AtOnceWithPriorKnowledge) {
  h2_server server(h2_server::over::plain);
  server.put("page", "page");
  EXPECT_EQ(version_of(server, http_version::http2_prior_knowledge), "2");
  transfers client;  // and again, whatever libcurl makes of a connection that it knows
  for (int i = 0; i < 3; ++i) {
    const auto done =
        client.fetch({.url = server.url("page"), .version = http_version::http2_prior_knowledge});
    EXPECT_EQ(done->outcome(), transfer_outcome::answered) << done->failure().message;
  }
}

TEST_F(HttpVersion, AsksForAnUpgradeWithoutTlsAndTakesWhatComes) {
  test_server server;
  server.on("/", {send(answer("no, thanks"))});
  transfers client;
  const auto done = client.fetch({.url = server.url("/"), .version = http_version::http2});
  EXPECT_EQ(done->answer().body, "no, thanks");
  EXPECT_EQ(done->answer().version, "1.1");
  EXPECT_EQ(sent(server, "Upgrade"), "h2c");
}

TEST_F(HttpVersion, Is11WhenThatIsAskedFor) {
  test_server server;
  server.on("/", {send(answer("page"))});
  transfers client;
  const auto done = client.fetch({.url = server.url("/"), .version = http_version::http1_1});
  EXPECT_EQ(done->answer().version, "1.1");
  EXPECT_EQ(sent(server, "Upgrade"), std::nullopt);
}

}  // namespace
}  // namespace leash::http
