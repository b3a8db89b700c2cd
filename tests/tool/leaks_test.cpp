// `leash leaks`: what is proven stands first and decides the exit status, suspects stand apart.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <string>
#include <vector>

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
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* leaks_path = "/debug/pprof/goroutineleak";

made_sample marked(const std::string& function, std::int64_t count, const std::string& leak) {
  made_sample made = waiting_in(function, count);
  made.leak = leak;
  return made;
}

made_profile leak_profile() { return made_profile("goroutineleak"); }

class leaks : public ::testing::Test {
 protected:
  std::string profile(const std::string& name, const made_profile& made) const {
    std::ofstream(folder.path(name), std::ios::binary) << made.bytes();
    return folder.path(name);
  }
  outcome run(const std::string& arguments) const {
    running_command command("leaks " + arguments, "no_proxy='*'");
    return end_of(command);
  }
  outcome end_of(running_command& command) const {
    outcome ended = command.wait();
    EXPECT_THAT(ended.left, ::testing::IsEmpty());
    EXPECT_TRUE(server.wait_until([this] { return server.open_connections() == 0; }));
    return ended;
  }
  json report(const std::string& arguments, int code) const {
    const outcome ended = run("--format json " + arguments);
    EXPECT_EQ(ended.code, code) << ended.err;
    return json::parse(ended.out);
  }
  static std::vector<std::string> functions(const json& sites) {
    std::vector<std::string> names;
    for (const json& each : sites) names.push_back(each["function"]);
    return names;
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(server.port()); }

  const scratch folder;
  http::testing::test_server server;
};

TEST_F(leaks, AreMergedOverInstancesTheWorstSiteFirst) {
  const std::string a =
      profile("a", leak_profile().add(marked("f", 2, "proven")).add(marked("g", 9, "proven")));
  const std::string b = profile("b", leak_profile().add(marked("f", 1, "proven")));
  const json whole = report(a + " " + b, 1);
  EXPECT_EQ(whole["format"], "leash leaks 1");
  EXPECT_EQ(whole["leaked"], 12);
  EXPECT_EQ(whole["suspected"], 0);
  EXPECT_THAT(functions(whole["sites"]), ElementsAre("g", "f"));
  EXPECT_EQ(whole["sites"][1]["instances"], json({{a, 2}, {b, 1}}));
  EXPECT_THAT(run(a + " " + b).out,
              StartsWith("12 goroutines in 2 instances can never run again, at 2 sites.\n"));
}

TEST_F(leaks, StandApartFromSuspectsWhichAreNotCounted) {
  const std::string a = profile(
      "a", leak_profile().add(marked("lost", 2, "proven")).add(marked("odd", 70, "suspect")));
  const json whole = report(a, 1);
  EXPECT_EQ(whole["leaked"], 2);
  EXPECT_EQ(whole["suspected"], 70);
  EXPECT_THAT(functions(whole["sites"]), ElementsAre("lost"));
  EXPECT_THAT(functions(whole["suspects"]), ElementsAre("odd"));
  const std::string text = run(a).out;
  const auto heading = text.find("\nSuspects, which may be in order: 70 goroutines at 1 site.");
  ASSERT_NE(heading, text.npos) << text;
  EXPECT_LT(text.find("lost.cpp:7"), heading);
  EXPECT_GT(text.find("odd.cpp:7"), heading);
}

TEST_F(leaks, OfSuspectsAloneThereAreNone) {
  const outcome ended = run(profile("a", leak_profile().add(marked("odd", 70, "suspect"))));
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, StartsWith("Nothing is proven to be leaked in 1 instance.\n"));
  EXPECT_THAT(ended.out, HasSubstr("odd.cpp:7"));
}

TEST_F(leaks, InAProfileOfGoAllAreProven) {
  EXPECT_EQ(report(profile("a", leak_profile().add(waiting_in("f", 3))), 1)["leaked"], 3);
}

TEST_F(leaks, WhereThereAreNoneEndWithStatusZero) {
  const outcome ended = run(profile("a", leak_profile()));
  EXPECT_EQ(ended.code, 0);
  EXPECT_EQ(ended.out, "Nothing is proven to be leaked in 1 instance.\n");
  EXPECT_EQ(ended.err, "");
}

TEST_F(leaks, AreAskedForWithSuspects) {
  server.on(leaks_path,
            {send(answer(gzipped(leak_profile().add(marked("f", 3, "proven")).bytes())))});
  const json whole = report(address(), 1);
  EXPECT_EQ(whole["leaked"], 3);
  EXPECT_EQ(whole["instances"], json({address()}));
  EXPECT_EQ(server.requests().at(0).target, std::string(leaks_path) + "?suspects=1");
}

TEST_F(leaks, ThatCouldNotBeReadAreAnotherFailureThanLeaks) {
  const std::string leaking = profile("a", leak_profile().add(marked("f", 1, "proven")));
  const std::string clean = profile("b", leak_profile());
  const outcome failed = run(address() + " " + clean);
  EXPECT_EQ(failed.code, 3);
  EXPECT_EQ(failed.err,
            "leash: " + address() +
                ": answered with status 404: a program of leash shows its leaks at its "
                "LEASH_DEBUG_ADDR, a Go program from 1.26 on that imports net/http/pprof at "
                "/debug/pprof/goroutineleak\n");
  EXPECT_THAT(failed.out, StartsWith("Nothing is proven"));
  // A leak is a leak, whatever else could not be read.
  EXPECT_EQ(run(address() + " " + leaking).code, 1);
  EXPECT_EQ(run(address()).code, 3);
}

TEST_F(leaks, AreCutAtTheTopWithACountOfWhatIsLeftOut) {
  const std::string a =
      profile("a", leak_profile().add(marked("f", 3, "proven")).add(marked("g", 1, "proven")));
  const json whole = report("--top 1 " + a, 1);
  EXPECT_THAT(functions(whole["sites"]), ElementsAre("f"));
  EXPECT_EQ(whole["sites_left_out"], 1);
  EXPECT_EQ(whole["leaked"], 4);
  EXPECT_THAT(run("--top 1 " + a).out, Not(HasSubstr("g.cpp:7")));
}

TEST_F(leaks, AreNotShownAfterCtrlC) {
  server.on(leaks_path, {hold("never")});
  running_command command("leaks " + address(), "no_proxy='*'");
  ASSERT_TRUE(server.wait_until([this] { return server.requests().size() == 1; }));
  command.send_signal(SIGINT);
  const outcome ended = end_of(command);
  EXPECT_EQ(ended.code, 130);
  EXPECT_EQ(ended.out, "");
  EXPECT_EQ(ended.err, "leash: interrupted; nothing is shown\n");
}

}  // namespace
}  // namespace leash::test
