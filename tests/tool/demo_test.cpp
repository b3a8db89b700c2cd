#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <map>

#include "tool/command.hpp"

namespace leash::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

// One run, read by several tests of one process. Not the quick one: of its two servers one is only 180 ms slower than the other,
// and a loaded machine may hold the demo up for that long.
const json& whole_demo() {
  static const json report = json::parse(run_command("demo --format json").out);
  return report;
}

const json& experiment(const std::string& name) {
  for (const json& each : whole_demo()["experiments"])
    if (each["name"] == name) return each;
  throw std::runtime_error("no experiment " + name);
}

TEST(Demo, TellsTheArticleInItsOrder) {
  const outcome demo = run_command("demo --quick");
  EXPECT_EQ(demo.code, 0);
  EXPECT_EQ(demo.err, "");
  std::size_t at = 0;
  for (const char* expected : {"The API racer, first version",
                               "winner: google",
                               "bing is blocked in its send for good",
                               "Goroutine count: 1 before, Goroutine count: 2 after",
                               "Its timeline",
                               "├── 0ms",
                               "bing is done and tries to write to ch...",
                               "└── ∞",
                               "leash proves: goroutine ",
                               "[chan send] at experiments.cpp:",
                               "The cure, as the article's table has it: a buffer",
                               "a buffered channel",
                               "bing put its answer into the buffer",
                               "Goroutine count: 2 before, Goroutine count: 2 after",
                               "Why it works",
                               "1. ",
                               "2. ",
                               "3. ",
                               "4. ",
                               "Cure 2",
                               "on a leash",
                               "bing was unwound",
                               "Cure 3",
                               "The trap",
                               "winner: bing",
                               "one slot",
                               "winner: google",
                               "leash's race",
                               "bing was unwound",
                               "Left behind by the first version: 1 goroutine",
                               "The golden rule"}) {
    at = demo.out.find(expected, at);
    ASSERT_NE(at, std::string::npos) << expected << " is missing or out of order in\n" << demo.out;
  }
}

TEST(Demo, SpeaksTheLanguageOfTheEnvironment) {
  EXPECT_THAT(run_command("demo --quick", "LC_ALL=zh_CN.UTF-8").out, HasSubstr("黄金法则"));
  EXPECT_THAT(run_command("demo --quick --lang en", "LC_ALL=zh_CN.UTF-8").out,
              HasSubstr("The golden rule"));
}

TEST(Demo, ProvesTheLeakOfTheUnbufferedRacerAndNoOther) {
  for (const json& each : whole_demo()["experiments"])
    EXPECT_EQ(each["leaked"].size(), each["name"] == "unbuffered" ? 1U : 0U) << each;
  const json& leaked = experiment("unbuffered")["leaked"][0];
  EXPECT_EQ(leaked["reason"], "chan send");
  EXPECT_THAT(leaked["file"].get<std::string>(), ::testing::EndsWith("experiments.cpp"));
}

TEST(Demo, OnlyTheUnbufferedRacerLeavesAGoroutineBehind) {
  EXPECT_EQ(whole_demo()["experiments"].size(), 8U);
  for (const json& each : whole_demo()["experiments"]) {
    const bool leaks = each["name"] == "unbuffered";
    EXPECT_EQ(each["goroutines"]["before"], leaks ? 1 : 2) << each;
    EXPECT_EQ(each["goroutines"]["after"], 2) << each;
    if (!leaks) {
      EXPECT_EQ(each["memory"]["before"]["frames"], each["memory"]["after"]["frames"]) << each;
    }
  }
  EXPECT_EQ(whole_demo()["left"]["goroutines"], 1);
}

TEST(Demo, TheLoserMeetsTheFateThatTheCodeGivesIt) {
  const std::map<std::string, std::string> fates{{"unbuffered", "blocked"},
                                                 {"buffered", "sent"},
                                                 {"context_on_leash", "unwound"},
                                                 {"otherwise", "dropped"},
                                                 {"otherwise_late_receiver", "dropped"},
                                                 {"otherwise_one_slot", "sent"},
                                                 {"race", "unwound"}};
  for (const auto& [name, fate] : fates) EXPECT_EQ(experiment(name)["loser"]["fate"], fate) << name;
  // The context is done and the slot is free: a select may take either.
  EXPECT_THAT(experiment("context_done_case")["loser"]["fate"].get<std::string>(),
              ::testing::AnyOf("sent", "noticed"));
}

// On a leash it is unwound in its request: see above.
TEST(Demo, ALoserWithoutALeashWaitsForItsServer) {
  for (const char* name : {"buffered", "context_done_case", "otherwise"})
    EXPECT_GE(experiment(name)["loser"]["ms"], 1999) << name;
}

TEST(Demo, TheWinnersAnswerIsLostToALateReceiverWithoutASlot) {
  EXPECT_EQ(experiment("otherwise_late_receiver")["winner"], "bing");
  EXPECT_EQ(experiment("otherwise_late_receiver")["loser"]["name"], "google");
  EXPECT_EQ(experiment("otherwise_one_slot")["winner"], "google");
}

TEST(Demo, ASlotIsSmallBesideALeakedGoroutine) {
  const json& table = whole_demo()["table"];
  EXPECT_GE(table["slot_bytes"], sizeof(std::string));
  EXPECT_GE(table["leaked_goroutine_bytes"], 4 * table["slot_bytes"].get<std::size_t>());
  EXPECT_EQ(table["frames_before"], table["frames_after"]);
}

TEST(Command, RefusesWhatItDoesNotKnowWithASentenceAndASuggestion) {
  const outcome option = run_command("demo --quik");
  EXPECT_EQ(option.code, 2);
  EXPECT_EQ(option.out, "");
  EXPECT_THAT(option.err, HasSubstr("--quik"));
  EXPECT_THAT(option.err, HasSubstr("Did you mean --quick?"));
  EXPECT_THAT(run_command("dmeo").err, HasSubstr("Did you mean demo?"));
  EXPECT_EQ(run_command("demo --lang fr").code, 2);
  EXPECT_EQ(run_command("").code, 2);
}

TEST(Command, SaysWhenNobodyTakesWhatItPrints) {
  for (const char* format : {"text", "json"}) {
    const outcome full =
        run_command(std::string("demo --quick --format ") + format + " >/dev/full");
    EXPECT_EQ(full.code, 23);
    EXPECT_EQ(full.err, "leash: cannot write to standard output: No space left on device\n");
  }
  const outcome closed = run_command("--help >&-");
  EXPECT_EQ(closed.code, 23);
  EXPECT_EQ(closed.err, "leash: cannot write to standard output: it is closed\n");
}

TEST(Command, TellsItsVersionAndHowItIsUsed) {
  EXPECT_EQ(run_command("--version").code, 0);
  EXPECT_THAT(run_command("--version").out, ::testing::StartsWith("leash "));
  EXPECT_THAT(run_command("--help").out, HasSubstr("demo"));
  const std::string demo = run_command("demo --help").out;
  for (const char* option : {"--quick", "--lang", "--format", "--oom", "--limit", "--limit-by"})
    EXPECT_THAT(demo, HasSubstr(option));
}

}  // namespace
}  // namespace leash::test
