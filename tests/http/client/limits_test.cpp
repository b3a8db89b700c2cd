// Answers that never end, or are far larger than anybody can want: each is bounded, and the sentence says by
// which limit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "http/client/compressed.hpp"
#include "http/client/curl_multi.hpp"
#include "http/client/transfers.hpp"
#include "http/h2_server.hpp"
#include "http/test_server.hpp"
#include "support/growing_limit.hpp"

namespace leash::http {
namespace {

using namespace std::chrono_literals;
using testing::answer;
using ::testing::EndsWith;
using testing::gzipped_zeros;
using testing::h2_server;
using testing::hold;
using testing::send;
using ::testing::StartsWith;
using testing::test_server;
using testing::transfers;

constexpr std::size_t operator""_MiB(unsigned long long count) { return count << 20; }

struct failed {
  int code = 0;
  std::string message;
  std::size_t kept = 0;  // bytes of the body that were stored
};

failed failure_of(const request& asked) {
  transfers client;
  const auto done = client.fetch(asked);
  EXPECT_EQ(done->outcome(), transfer_outcome::failed);
  return {done->failure().code, done->failure().message, done->answer().body.size()};
}

std::string compressed_answer(const std::string& stream) {
  return answer(stream, "200 OK", "Content-Encoding: gzip\r\n");
}

// A chunked body of `pieces` times `piece`, and no end.
test_server::script endless(std::string_view piece, int pieces, std::string_view headers = "") {
  char size[32];
  std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
  const std::string chunk = size + std::string(piece) + "\r\n";
  test_server::script steps{
      send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + std::string(headers) + "\r\n")};
  for (int i = 0; i < pieces; ++i) steps.push_back(send(chunk));
  steps.push_back(hold("never"));
  return steps;
}

TEST(Limits, AnAnnouncedBodyBeyondTheLimitIsNotBegun) {
  test_server server;
  server.on("/", {send(answer(std::string(1000, 'x')))});
  const failed got = failure_of({.url = server.url("/"), .max_body = 999});
  EXPECT_EQ(got.code, CURLE_FILESIZE_EXCEEDED);
  EXPECT_EQ(
      got.message,
      server.url("/") +
          ": the body is larger than the limit of 999 bytes: max_body (--max-filesize) raises it");
  EXPECT_EQ(got.kept, 0u);
  transfers client;
  EXPECT_EQ(client.fetch({.url = server.url("/"), .max_body = 1000})->answer().body.size(), 1000u);
}

TEST(Limits, TheLengthThatHeadAnnouncesIsNoBody) {
  test_server server;
  server.on("/", {send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")});
  transfers client;
  const auto done = client.fetch({.method = "HEAD", .url = server.url("/"), .max_body = 999});
  EXPECT_EQ(done->outcome(), transfer_outcome::answered) << done->failure().message;
}

TEST(Limits, AnEndlessBodyEndsAtTheLimit) {
  test_server server;
  server.on("/", endless(std::string(1000, 'x'), 5000));
  const failed got = failure_of({.url = server.url("/"), .max_body = 1_MiB});
  EXPECT_EQ(got.code, CURLE_FILESIZE_EXCEEDED);
  EXPECT_THAT(got.message, EndsWith("the body is larger than the limit of 1048576 bytes: max_body "
                                    "(--max-filesize) raises it"));
  EXPECT_LE(got.kept, 1_MiB);
}

TEST(Limits, ADecompressionBombEndsAtItsLimit) {
  test_server server;
  server.on("/", {send(compressed_answer(gzipped_zeros(64_MiB)))});
  const failed got =
      failure_of({.url = server.url("/"), .compressed = true, .max_decompressed = 1_MiB});
  EXPECT_EQ(got.code, CURLE_FILESIZE_EXCEEDED);
  EXPECT_EQ(got.message, server.url("/") +
                             ": the decompressed body is larger than the limit of "
                             "1048576 bytes: max_decompressed (--max-filesize) raises it");
  EXPECT_LE(got.kept, 1_MiB);
}

TEST(Limits, ADecompressionBombEndsAtTheDefaultLimit) {
  test_server server;
  server.on("/", {send(compressed_answer(gzipped_zeros(300_MiB)))});
  EXPECT_EQ(failure_of({.url = server.url("/"), .compressed = true}).code, CURLE_FILESIZE_EXCEEDED);
}

TEST(Limits, ABodyThatDecompressesToNothingForEverEndsAtTheLimitOfWhatCameOverTheWire) {
  test_server server;
  // A gzip head, then empty stored blocks: nothing is ever handed out.
  const std::string head("\x1f\x8b\x08\0\0\0\0\0\0\x03", 10);
  std::string blocks;
  for (int i = 0; i < 2000; ++i) blocks.append("\0\0\0\xff\xff", 5);
  auto steps = endless(blocks, 200, "Content-Encoding: gzip\r\n");
  steps.insert(steps.begin() + 1, send("a\r\n" + head + "\r\n"));
  server.on("/", std::move(steps));
  const failed got = failure_of({.url = server.url("/"), .compressed = true, .max_body = 1_MiB});
  EXPECT_EQ(got.code, CURLE_FILESIZE_EXCEEDED);
  EXPECT_THAT(got.message, EndsWith("the body is larger than the limit of 1048576 bytes: max_body "
                                    "(--max-filesize) raises it"));
}

TEST(Limits, ACompressedBodyMayBeLargerThanTheLimitOfTheWire) {
  test_server server;
  server.on("/", {send(compressed_answer(gzipped_zeros(4_MiB)))});
  transfers client;
  const auto done = client.fetch({.url = server.url("/"), .compressed = true, .max_body = 100'000});
  ASSERT_EQ(done->outcome(), transfer_outcome::answered) << done->failure().message;
  EXPECT_EQ(done->answer().body, std::string(4_MiB, '\0'));
}

TEST(Limits, ABodyThatIsNotWhatItSaysIsASentence) {
  test_server server;
  server.on("/", {send(compressed_answer("no gzip at all"))});
  const failed got = failure_of({.url = server.url("/"), .compressed = true});
  EXPECT_EQ(got.code, CURLE_BAD_CONTENT_ENCODING);
  EXPECT_THAT(got.message,
              StartsWith(server.url("/") + ": the compressed body cannot be decompressed"));
}

TEST(Limits, ManyHeadersEndAtTheLimit) {
  test_server server;
  std::string head = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 270; ++i)
    head += "X-" + std::to_string(i) + ": " + std::string(1024, 'h') + "\r\n";
  server.on("/", {send(head + "Content-Length: 0\r\n\r\n")});
  const failed got = failure_of({.url = server.url("/")});
  EXPECT_EQ(got.code, CURLE_FILESIZE_EXCEEDED);
  EXPECT_EQ(got.message, server.url("/") +
                             ": the head of the answer is larger than the limit of "
                             "262144 bytes: max_head raises it");
  transfers client;
  const auto done = client.fetch({.url = server.url("/"), .max_head = 0});
  ASSERT_EQ(done->outcome(), transfer_outcome::answered) << done->failure().message;
  EXPECT_EQ(done->answer().headers.size(), 271u);
}

TEST(Limits, AHeaderOfAMebibyteEndsTheTransfer) {
  test_server server;
  server.on("/", {send("HTTP/1.1 200 OK\r\nX-Long: " + std::string(1_MiB, 'h') +
                       "\r\nContent-Length: 0\r\n\r\n")});
  for (const std::size_t most : {256u << 10, 0u}) {
    const failed got = failure_of({.url = server.url("/"), .max_head = most});
    EXPECT_EQ(got.code, CURLE_FILESIZE_EXCEEDED);
    EXPECT_EQ(got.message,
              server.url("/") +
                  ": the head of the answer, or a line of it, is larger than libcurl takes");
  }
}

TEST(Limits, AHeadWithoutAnEndEndsAtTheLimit) {
  test_server server;
  test_server::script steps{send("HTTP/1.1 200 OK\r\n")};
  for (int i = 0; i < 1000; ++i)
    steps.push_back(send("X-More: " + std::string(1000, 'h') + "\r\n"));
  steps.push_back(hold("never"));
  server.on("/", std::move(steps));
  EXPECT_EQ(failure_of({.url = server.url("/")}).code, CURLE_FILESIZE_EXCEEDED);
}

TEST(Limits, InterimHeadsWithoutAnEndEndAtTheLimit) {
  test_server server;
  test_server::script steps;
  for (int i = 0; i < 1000; ++i)
    steps.push_back(
        send("HTTP/1.1 103 Early Hints\r\nLink: " + std::string(1000, 'h') + "\r\n\r\n"));
  steps.push_back(hold("never"));
  server.on("/", std::move(steps));
  EXPECT_EQ(failure_of({.url = server.url("/")}).code, CURLE_FILESIZE_EXCEEDED);
}

TEST(Limits, AByteNowAndThenIsTooSlow) {
  test_server server;
  auto steps = endless("x", 1);
  server.on("/", std::move(steps));
  failed got;
  EXPECT_TRUE(test::holds_for_some_limit(1s, [&](auto limit) {
    got = failure_of({.url = server.url("/"), .min_speed = 10, .min_speed_time = limit});
    EXPECT_EQ(got.code, CURLE_OPERATION_TIMEDOUT);
    return got.message == server.url("/") + ": slower than 10 bytes a second for " +
                              std::to_string(limit.count()) + " s: 1 bytes came";
  })) << got.message;
}

TEST(Limits, HoldOverHttp2) {
  if (!h2_server::installed()) GTEST_SKIP() << "no nghttpd: apt-get install nghttp2-server";
  h2_server server;
  server.put_zeros("large", 4_MiB);
  const failed got = failure_of({.url = server.url("large"), .insecure = true, .max_body = 1_MiB});
  EXPECT_EQ(got.code, CURLE_FILESIZE_EXCEEDED);
  EXPECT_EQ(failure_of({.url = server.url("large"), .insecure = true, .max_head = 20}).code,
            CURLE_FILESIZE_EXCEEDED);
}

}  // namespace
}  // namespace leash::http
