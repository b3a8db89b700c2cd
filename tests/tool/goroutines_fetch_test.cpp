// `leash goroutines` and servers: what is asked for, and what may come instead.
#include <csignal>
#include <fstream>

#include <nlohmann/json.hpp>

#include "tool/failing_race.hpp"
#include "tool/made_profile.hpp"
#include "tool/scratch.hpp"

namespace leash::test {
namespace {

using http::testing::answer;
using http::testing::hold;
using http::testing::send;
using nlohmann::json;
using ::testing::HasSubstr;

constexpr const char* usual_path = "/debug/pprof/goroutine";

class goroutines_fetch : public ::testing::Test {
 protected:
  outcome run(const std::string& arguments) const {
    running_command command("goroutines " + arguments, "no_proxy='*'");
    return end_of(command);
  }
  outcome end_of(running_command& command) const {
    outcome ended = command.wait();
    EXPECT_THAT(ended.left, ::testing::IsEmpty());
    EXPECT_TRUE(server.wait_until([this] { return server.open_connections() == 0; }));
    return ended;
  }
  json report(const std::string& arguments) const {
    const outcome ended = run("--format json " + arguments);
    EXPECT_EQ(ended.code, 0) << ended.err;
    return json::parse(ended.out);
  }
  // What is said of the one instance, which fails.
  void expect_failure(const std::string& arguments, const std::string& said) const {
    const outcome ended = run(arguments);
    EXPECT_EQ(ended.code, 1);
    EXPECT_EQ(ended.out, "");
    EXPECT_EQ(ended.err, "leash: " + said + "\n");
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(server.port()); }
  std::string file(const std::string& name, const std::string& content) const {
    std::ofstream(folder.path(name)) << content;
    return folder.path(name);
  }

  const scratch folder;
  http::testing::test_server server;
};

std::string profile_of(std::int64_t count) {
  return answer(gzipped(made_profile().add(waiting_in("f", count)).bytes()));
}

TEST_F(goroutines_fetch, AProfileIsAtItsUsualPlaceUnlessAPathIsGiven) {
  server.on(usual_path, {send(profile_of(5))});
  server.on("/own", {send(profile_of(7))});
  for (const std::string& word : {address(), "http://" + address(), "http://" + address() + "/"}) {
    const json whole = report(word);
    EXPECT_EQ(whole["goroutines"], 5) << word;
    EXPECT_EQ(whole["instances"], json({address()}));
  }
  const json other = report(server.url("/own"));
  EXPECT_EQ(other["goroutines"], 7);
  EXPECT_EQ(other["instances"], json({server.url("/own")}));
}

TEST_F(goroutines_fetch, APasswordIsSentAndNotShown) {
  server.on(usual_path, {send(profile_of(5))});
  const json whole = report("http://me:secret@" + address());
  EXPECT_EQ(whole["instances"], json({address()}));
  const auto requests = server.requests();
  const auto* sent = http::find_header(requests.at(0).headers, "Authorization");
  ASSERT_NE(sent, nullptr);
  EXPECT_EQ(*sent, "Basic bWU6c2VjcmV0");
}

TEST_F(goroutines_fetch, FileSdNamesInstances) {
  server.on(usual_path, {send(profile_of(5))});
  server.on("/p/pprof", {send(profile_of(7))});
  const std::string list = R"([{"targets": [")" + address() +
                           R"("], "labels": {"job": "a", "__metrics_path__": "/metrics"}}])";
  EXPECT_EQ(report("--file-sd " + file("a.json", list))["goroutines"], 5);
  const std::string yaml =
      "- targets:\n    - " + address() + "\n  labels:\n    __metrics_path__: /p/pprof\n";
  const json both =
      report("--file-sd " + file("a.json", list) + " --file-sd " + file("b.yml", yaml));
  EXPECT_EQ(both["goroutines"], 12);
  EXPECT_EQ(both["instances"].size(), 2U);
}

TEST_F(goroutines_fetch, ADifferenceIsBetweenTwoMoments) {
  std::int64_t count = 0;
  server.on(usual_path, [&](const auto&) -> http::testing::test_server::script {
    return {send(profile_of(count += 10))};
  });
  const json whole = report("--diff 1ms " + address());
  EXPECT_EQ(whole["goroutines_before"], 10);
  EXPECT_EQ(whole["sites"][0]["growth"], 10);
}

TEST_F(goroutines_fetch, AsManyAsAllowedAreAskedAtATime) {
  std::string words;
  for (int i = 0; i < 6; ++i) {
    const std::string path = "/" + std::to_string(i);
    server.on(path, {hold("gate"), send(profile_of(1))});
    words += " " + server.url(path);
  }
  running_command command("goroutines --format json -c 4 " + words, "no_proxy='*'");
  ASSERT_TRUE(server.wait_until([this] { return server.requests().size() == 4; }));
  EXPECT_EQ(server.open_connections(), 4);
  server.open_gate("gate");
  const outcome ended = end_of(command);
  EXPECT_EQ(json::parse(ended.out)["goroutines"], 6);
}

TEST_F(goroutines_fetch, WhatIsNoAnswerIsNoProfile) {
  server.on("/forbidden/pprof", {send(answer("", "403 Forbidden"))});
  server.on("/moved/pprof", {send(answer("", "302 Found", "Location: /\r\n"))});
  server.on("/broken/pprof", {send(answer("", "500 Internal Server Error"))});
  server.on("/page/pprof", {send(answer("<!DOCTYPE html><title>hello</title>"))});
  server.on("/text/pprof", {send(answer("goroutine profile: total 3\n"))});
  server.on("/nothing/pprof", {send(answer(""))});
  const auto url = [&](const std::string& name) { return server.url("/" + name + "/pprof"); };
  expect_failure(address(), address() +
                                ": answered with status 404: a program of leash shows its "
                                "goroutines at its LEASH_DEBUG_ADDR, a Go program that "
                                "imports net/http/pprof at /debug/pprof/goroutine");
  expect_failure(url("forbidden"),
                 url("forbidden") + ": answered with status 403: -u and -H say who asks");
  expect_failure(url("moved"), url("moved") + ": answered with status 302: -L follows redirects");
  expect_failure(url("broken"),
                 url("broken") + ": answered with status 500, which brings no profile");
  expect_failure(
      url("page"),
      url("page") + ": it is a web page, not a profile: that one is at /debug/pprof/goroutine");
  expect_failure(
      url("text"),
      url("text") + ": it is a profile as text: leave debug=1 or debug=2 out of its URL");
  expect_failure(url("nothing"), url("nothing") + ": it is empty");
}

TEST_F(goroutines_fetch, AnAnswerThatIsCutOffIsNoProfile) {
  const std::string packed = gzipped(made_profile().add(waiting_in("f", 5)).bytes());
  server.on("/cut/pprof", {send(answer(packed.substr(0, packed.size() - 9)))});
  const std::string url = server.url("/cut/pprof");
  expect_failure(url,
                 url + ": its gzip data ends early: it was cut off on its way; fetch it again");
}

TEST_F(goroutines_fetch, ABodyWithoutEndIsNotReadToItsEnd) {
  server.on("/endless/pprof",
            {send("HTTP/1.1 200 OK\r\n\r\n"), send(std::string(3 << 20, 'x')), hold("never")});
  server.on("/bomb/pprof", {send(answer(gzipped(std::string(3 << 20, 'x'))))});
  const outcome endless = run("--max-filesize 1M " + server.url("/endless/pprof"));
  EXPECT_EQ(endless.code, 1);
  EXPECT_THAT(endless.err, HasSubstr("/endless/pprof"));
  EXPECT_THAT(endless.err, HasSubstr("1048576"));
  const std::string bomb = server.url("/bomb/pprof");
  expect_failure("--max-filesize 1M " + bomb,
                 bomb + ": it unpacks to more than 1048576 bytes; --max-filesize raises the limit");
}

TEST_F(goroutines_fetch, OneThatDoesNotAnswerDoesNotHoldUpTheOthers) {
  server.on("/never/pprof", {hold("never")});
  server.on(usual_path, {send(profile_of(5))});
  const closed_port nobody;
  const std::string never = server.url("/never/pprof");
  const outcome ended = run("-m 0.2 " + never + " " + address() + " " + nobody.url("/pprof"));
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.out, ::testing::StartsWith("5 goroutines in 1 instance, at 1 site.\n"));
  EXPECT_THAT(ended.err, HasSubstr("leash: " + never + ": no answer within 200 ms\n"));
  EXPECT_THAT(ended.err, HasSubstr(": Connection refused: check the port"));
}

TEST_F(goroutines_fetch, CtrlCEndsIt) {
  server.on(usual_path, {hold("never")});
  running_command command("goroutines " + address(), "no_proxy='*'");
  ASSERT_TRUE(server.wait_until([this] { return server.requests().size() == 1; }));
  command.send_signal(SIGINT);
  const outcome ended = end_of(command);
  EXPECT_EQ(ended.code, 130);
  EXPECT_EQ(ended.err, "leash: interrupted; nothing is shown\n");
}

}  // namespace
}  // namespace leash::test
