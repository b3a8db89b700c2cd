// TLS and HTTP/2: certificates, and what aborting one stream leaves of its connection.
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <vector>

#include "http/client/curl_multi.hpp"
#include "http/client/transfers.hpp"
#include "http/h2_server.hpp"

namespace leash::http {
namespace {

using testing::h2_server;
using testing::transfers;

class CurlMultiTls : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!h2_server::installed()) GTEST_SKIP() << "no nghttpd: apt-get install nghttp2-server";
    server.emplace();
    server->put("small", "over TLS");
  }

  std::shared_ptr<curl_transfer> start_and_see_the_head(std::string_view name) {
    const auto head = std::make_shared<bool>(false);  // the transfer outlives this call
    auto transfer = client.start({.url = server->url(name),
                                  .insecure = true,
                                  .on_trace = [head](trace_kind kind, std::string_view line) {
                                    if (kind == trace_kind::response_header && line.empty())
                                      *head = true;
                                  }});
    client.run_until([&] { return *head; });
    return transfer;
  }

  std::optional<h2_server> server;
  transfers client;
};

TEST_F(CurlMultiTls, ACertificateThatNobodyVouchesForIsRefused) {
  const auto done = client.fetch({.url = server->url("small")});
  EXPECT_EQ(done->outcome(), transfer_outcome::failed);
  EXPECT_EQ(done->failure().code, CURLE_PEER_FAILED_VERIFICATION);
  EXPECT_EQ(done->failure().message,
            "certificate of " + server->url("small") +
                " is not trusted: self-signed certificate; insecure (-k) goes on all the same");
}

TEST_F(CurlMultiTls, InsecureGoesOnAllTheSameAndSpeaksHttp2) {
  const auto done = client.fetch({.url = server->url("small"), .insecure = true});
  ASSERT_EQ(done->outcome(), transfer_outcome::answered) << done->failure().message;
  EXPECT_EQ(done->answer().body, "over TLS");
  EXPECT_EQ(done->answer().version, "2");
  EXPECT_GT(done->answer().times.tls.count(), 0);
}

TEST_F(CurlMultiTls, AConnectionThatWasMadeInsecurelyIsNotUsedForOthers) {
  client.fetch({.url = server->url("small"), .insecure = true});
  EXPECT_EQ(client.fetch({.url = server->url("small")})->outcome(), transfer_outcome::failed);
}

TEST_F(CurlMultiTls, ManyTransfersShareOneConnection) {
  client.fetch({.url = server->url("small"), .insecure = true});
  std::vector<std::shared_ptr<curl_transfer>> many;
  many.reserve(50);
  for (int i = 0; i < 50; ++i) {
    many.push_back(client.start({.url = server->url("small"), .insecure = true}));
  }
  client.run();
  for (const auto& transfer : many) {
    ASSERT_EQ(transfer->outcome(), transfer_outcome::answered) << transfer->failure().message;
    EXPECT_TRUE(transfer->answer().reused_connection);
    EXPECT_EQ(transfer->answer().body, "over TLS");
  }
}

TEST_F(CurlMultiTls, TheServerSeesTheAbortOfAStreamThatWasAlone) {
  server->put_zeros("large", 64u << 20);  // more than libcurl's window: it cannot be there at once
  const auto loser = start_and_see_the_head("large");
  client.multi().abort(loser);
  client.run_until([&] { return client.completions() == 1; });
  EXPECT_EQ(loser->outcome(), transfer_outcome::aborted);
  // Which of the two depends on libcurl's version.
  client.run_until([&] { return server->closed() + server->logged("recv RST_STREAM frame") == 1; });
}

TEST_F(CurlMultiTls, AnAbortedStreamAmongOthersIsResetAndTheOthersGoOn) {
  server->put_zeros("large", 64u << 20);
  client.fetch({.url = server->url("small"), .insecure = true});
  const auto loser = start_and_see_the_head("large");
  const auto other = start_and_see_the_head("large");
  client.multi().abort(loser);
  client.run_until([&] { return server->logged("recv RST_STREAM frame") == 1; });
  EXPECT_EQ(server->closed(), 0);
  client.run();
  EXPECT_EQ(loser->outcome(), transfer_outcome::aborted);
  ASSERT_EQ(other->outcome(), transfer_outcome::answered) << other->failure().message;
  EXPECT_EQ(other->answer().body.size(), 64u << 20);
  EXPECT_TRUE(
      client.fetch({.url = server->url("small"), .insecure = true})->answer().reused_connection);
}

}  // namespace
}  // namespace leash::http
