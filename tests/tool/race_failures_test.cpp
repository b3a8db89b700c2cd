// What can go wrong on the way: each ends with a sentence, curl's exit code, and nothing left behind.
#include <csignal>

#include "support/full_backlog.hpp"
#include "tool/failing_race.hpp"
#include "tool/nginx.hpp"

namespace leash::test {
namespace {

TEST_F(race_failures, ABadUrl) {
  expect_failure(race("'http://[::1'"), 3,
                 "leash: not a URL that can be used: \"http://[::1\": Bad IPv6 address; "
                 "a URL is http://host/path\n");
  expect_failure(race("''"), 3,
                 "leash: not a URL that can be used: \"\": No host part in the URL; "
                 "a URL is http://host/path\n");
}

TEST_F(race_failures, AnUnknownScheme) {
  expect_failure(race("nope://host/"), 1,
                 "leash: nope://host/: only http:// and https:// are spoken here: "
                 "Protocol \"nope\" not supported or disabled in libcurl\n");
}

TEST_F(race_failures, AnUnknownHost) {
  running_command command("race http://nosuchhost.invalid/",
                          "no_proxy='*' RES_OPTIONS='timeout:1 attempts:1'");
  expect_failure(end_of(command), 6,
                 "leash: http://nosuchhost.invalid/: no address is known for host "
                 "nosuchhost.invalid: check its spelling and the name service\n");
}

TEST_F(race_failures, ARefusedConnection) {
  expect_failure(race(nobody.url()), 7,
                 "leash: could not connect to " + nobody.url() +
                     ": Connection refused: check the port, and that the server runs\n");
}

TEST_F(race_failures, AResetInMidBody) {
  expect_failure(race(url("/reset")), 56,
                 "leash: " + url("/reset") +
                     ": the connection broke in mid-body, after 5 of 10 bytes: "
                     "Connection reset by peer\n");
}

TEST_F(race_failures, AnAnswerCutShort) {
  expect_failure(
      race(url("/cut")), 18,
      "leash: " + url("/cut") + ": the server ended the answer early, after 5 of 10 bytes\n");
}

TEST_F(race_failures, AResetInMidBodyDoesNotKeepTheOtherFromWinning) {
  running_command command("race " + url("/reset") + " " + url("/gated"), no_proxy);
  ASSERT_TRUE(wait_for_requests(2));
  ASSERT_TRUE(server.wait_until([this] { return server.open_connections() == 1; }));
  server.open_gate("gate");
  const outcome won = end_of(command);
  EXPECT_EQ(won.code, 0);
  EXPECT_EQ(won.out, "gated");
  EXPECT_EQ(won.err, "");
}

TEST_F(race_failures, ABadCertificate) {
  const nginx server({.locations = "location / { echo secret; }", .tls = true});
  expect_failure(race(server.url()), 60,
                 "leash: certificate of " + server.url() +
                     " is not trusted: self-signed certificate; insecure (-k) goes on all the "
                     "same\n");
  const outcome insecure = race("-k " + server.url());
  EXPECT_EQ(insecure.code, 0) << insecure.err;
  EXPECT_EQ(insecure.out, "secret\n");
}

TEST_F(race_failures, NoAnswerInTime) { expect_time_out("/never", ": no answer within ", ""); }

TEST_F(race_failures, NoWholeAnswerInTime) {
  expect_time_out("/stalled", ": the answer was not complete within ", ": 5 of 10 bytes came");
}

TEST_F(race_failures, NoConnectionInTime) {
  const full_backlog full;
  const std::string url = full.url();
  expect_failure(race("--connect-timeout 0.2 " + url), 28,
                 "leash: could not connect to " + url + " within 200 ms\n");
}

TEST_F(race_failures, OneUrlIsARaceToo) {
  const outcome won = race(url("/quick"));
  EXPECT_EQ(won.code, 0);
  EXPECT_EQ(won.out, "quick");
  EXPECT_EQ(won.err, "");
  expect_failure(race(url("/missing")), 22,
                 "leash: " + url("/missing") +
                     ": answered with status 404, which --accept does not let win\n");
}

TEST_F(race_failures, TwoHundredUrlsWithOneWinner) {
  std::string arguments = "race " + url("/gated");
  for (int i = 1; i < 200; ++i) arguments += " " + url("/never");
  running_command command(arguments, no_proxy);
  ASSERT_TRUE(wait_for_requests(200));
  server.open_gate("gate");
  const outcome won = end_of(command);
  EXPECT_EQ(won.code, 0);
  EXPECT_EQ(won.out, "gated");
  EXPECT_EQ(won.err, "");
  EXPECT_EQ(server.closed_by_client(), 200);
}

TEST_F(race_failures, TwoHundredUrlsThatAllFailAreEachNamed) {
  std::string arguments;
  std::string sentences;
  for (int i = 0; i < 200; ++i) {
    const std::string one = nobody.url("/" + std::to_string(i));
    arguments += " " + one;
    sentences += "leash: could not connect to " + one +
                 ": Connection refused: check the port, and that the server runs\n";
  }
  expect_failure(race(arguments), 7, sentences);
}

TEST_F(race_failures, WhenAllFailTheLastFailureDecides) {
  const std::string refused = "leash: could not connect to " + nobody.url() +
                              ": Connection refused: check the port, and that the server runs\n";
  const std::string cut =
      "leash: " + url("/cut") + ": the server ended the answer early, after 5 of 10 bytes\n";
  // Hedged, they fail one after the other.
  expect_failure(race("--hedge-delay 3600s " + nobody.url() + " " + url("/cut")), 18,
                 refused + cut);
  expect_failure(race("--hedge-delay 3600s " + url("/cut") + " " + nobody.url()), 7, cut + refused);
}

TEST_F(race_failures, TheLastFailureIsTheLatestNotTheLastNamed) {
  running_command command("race -v " + url("/gated") + " --accept 300 " + nobody.url(), no_proxy);
  ASSERT_TRUE(wait_for_requests(1));
  ASSERT_TRUE(server.wait_until([&] { return command.has_said("2 * Closing connection"); }));
  server.open_gate("gate");
  EXPECT_EQ(end_of(command).code, 22);
}

TEST_F(race_failures, ControlC) {
  running_command command("race " + url("/never") + " " + url("/stalled"), no_proxy);
  ASSERT_TRUE(wait_for_requests(2));
  command.send_signal(SIGINT);
  expect_failure(end_of(command), 130, "leash: interrupted; all requests were cancelled\n");
  EXPECT_EQ(server.closed_by_client(), 2);
}

}  // namespace
}  // namespace leash::test
