#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "tool/command.hpp"

#include <leash/http_server.hpp>
#include <leash/leash.hpp>

namespace leash::test {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::HasSubstr;

task<http::response> answer_greeting(const http::request& asked) {
  http::response given;
  given.body = asked.method + " " + asked.url + " " + asked.body;
  if (asked.url.starts_with("/never")) co_await sleep(1h);
  if (asked.url.starts_with("/missing")) given.status = 404;
  co_return given;
}

// A server on a thread of its own. /never never answers, /missing is not there.
class race_command : public ::testing::Test {
 protected:
  race_command() {
    std::promise<std::string> ready;
    auto base = ready.get_future();
    thread_ = std::thread([this, &ready] {
      run(
          [this, &ready]() -> task<> {
            const http::server server(answer_greeting);
            go([](http::server serving) -> task<> { co_await serving.serve(); }, server);
            ready.set_value("http://127.0.0.1:" + std::to_string(server.port()));
            co_await stop_.receive();
          },
          {.processors = 1, .leaks = leak_policy::off});
    });
    base_ = base.get();
  }
  ~race_command() override {
    stop_.close();
    thread_.join();
  }

  std::string url(const std::string& path) const { return base_ + path; }
  outcome race(const std::string& arguments) const {
    return run_command("race " + arguments, "no_proxy='*'");
  }

 private:
  channel<> stop_;
  std::thread thread_;
  std::string base_;
};

TEST_F(race_command, PrintsTheFirstAnswerAndNothingElse) {
  const outcome won = race(url("/never") + " " + url("/quick"));
  EXPECT_EQ(won.code, 0);
  EXPECT_EQ(won.out, "GET /quick ");
  EXPECT_EQ(won.err, "");
}

TEST_F(race_command, DrawsWhatHappenedToWinnerAndLoser) {
  const outcome won = race("--timeline " + url("/never") + " " + url("/quick"));
  EXPECT_THAT(won.err, HasSubstr("/never starts"));
  EXPECT_THAT(won.err, HasSubstr("/quick answered with status 200 and won"));
  EXPECT_THAT(won.err, HasSubstr("/never cancelled, its transfer aborted"));
}

TEST_F(race_command, DoesNotAskTheSecondWhenTheFirstIsQuickEnough) {
  const outcome won = race("--timeline --hedge-delay 3600s " + url("/quick") + " " + url("/other"));
  EXPECT_EQ(won.out, "GET /quick ");
  EXPECT_THAT(won.err, ::testing::Not(HasSubstr("/other starts")));
}

TEST_F(race_command, AsksTheSecondAtOnceWhenTheFirstFails) {
  const outcome won = race("--hedge-delay 3600s " + url("/missing") + " " + url("/quick"));
  EXPECT_EQ(won.code, 0);
  EXPECT_EQ(won.out, "GET /quick ");
}

TEST_F(race_command, SendsWhatItIsGivenAsCurlDoes) {
  EXPECT_EQ(race("-d a=1 -d b=2 " + url("/")).out, "POST / a=1&b=2");
  EXPECT_EQ(race("-X PUT -d a=1 " + url("/")).out, "PUT / a=1");
  EXPECT_THAT(race("-i " + url("/")).out, ::testing::StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(race_command, TakesCurlsWordsForWhatToSend) {
  const outcome out = race("-v -A racer/1 -u me:secret --compressed --http1.1 " + url("/words"));
  EXPECT_EQ(out.code, 0) << out.err;
  EXPECT_THAT(out.err, HasSubstr("> User-Agent: racer/1\n"));
  EXPECT_THAT(out.err, HasSubstr("> Authorization: Basic bWU6c2VjcmV0\n"));
  EXPECT_THAT(out.err, HasSubstr("> Accept-Encoding: "));
  EXPECT_THAT(out.err, HasSubstr("> GET /words HTTP/1.1\n"));
  EXPECT_THAT(race("-v -A '' " + url("/words")).err, Not(HasSubstr("User-Agent")));
  EXPECT_THAT(race("-v --http2 " + url("/words")).err, HasSubstr("> Upgrade: h2c\n"));
}

TEST_F(race_command, AsksWhereResolveSays) {
  const std::string port = url("").substr(url("").rfind(':') + 1);
  const outcome out =
      race("--resolve far.invalid:" + port + ":127.0.0.1 http://far.invalid:" + port + "/x");
  EXPECT_EQ(out.code, 0) << out.err;
  EXPECT_EQ(out.out, "GET /x ");
}

TEST_F(race_command, TakesNoBodyBeyondMaxFilesize) {
  const outcome out = race("--max-filesize 3 " + url("/x"));
  EXPECT_EQ(out.code, 63);
  EXPECT_THAT(out.err, HasSubstr("the body is larger than the limit of 3 bytes"));
  EXPECT_EQ(race("--max-filesize 1k " + url("/x")).code, 0);
}

TEST_F(race_command, RefusesWordsThatContradictEachOtherOrSayNothing) {
  EXPECT_THAT(race("--http2 --http1.1 " + url("/")).err, HasSubstr("excludes"));
  EXPECT_THAT(race("-u me " + url("/")).err, HasSubstr("a user is name:password"));
  EXPECT_EQ(race("--max-filesize many " + url("/")).code, 2);
}

TEST_F(race_command, RefusesAStatusThatMayNotWin) {
  const outcome lost = race(url("/missing"));
  EXPECT_EQ(lost.code, 22);
  EXPECT_EQ(lost.out, "");
  EXPECT_THAT(lost.err, HasSubstr("/missing: answered with status 404"));
  EXPECT_EQ(race("--accept 200,400-499 " + url("/missing")).code, 0);
  EXPECT_EQ(race("-s " + url("/missing")).err, "");
}

TEST_F(race_command, ReportsAsJson) {
  const json report = json::parse(race("--format json " + url("/never") + " " + url("/quick")).out);
  EXPECT_EQ(report["winner"], 1);
  EXPECT_EQ(report["body"], "GET /quick ");
  EXPECT_EQ(report["attempts"][0]["fate"], "canceled");
}

}  // namespace
}  // namespace leash::test
