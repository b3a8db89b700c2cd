// `leash goroutines` on saved profiles: how sites are merged, ranked, compared and shown.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include <nlohmann/json.hpp>

#include "tool/command.hpp"
#include "tool/made_profile.hpp"
#include "tool/pseudo_terminal.hpp"
#include "tool/scratch.hpp"

namespace leash::test {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class goroutines : public ::testing::Test {
 protected:
  // Saves it; returns its path.
  std::string file(const std::string& name, const std::string& content) const {
    std::ofstream(folder.path(name), std::ios::binary) << content;
    return folder.path(name);
  }
  std::string profile(const std::string& name, const made_profile& made) const {
    return file(name, made.bytes());
  }

  static outcome run(const std::string& arguments) {
    outcome ended = run_command("goroutines " + arguments);
    EXPECT_THAT(ended.left, ::testing::IsEmpty());
    return ended;
  }
  static std::string text(const std::string& arguments) {
    const outcome ended = run(arguments);
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_EQ(ended.err, "");
    return ended.out;
  }
  static json report(const std::string& arguments) {
    return json::parse(text("--format json " + arguments));
  }
  static std::vector<std::string> functions(const json& report) {
    std::vector<std::string> names;
    for (const json& each : report["sites"]) names.push_back(each["function"]);
    return names;
  }

  const scratch folder;
};

TEST_F(goroutines, ASiteIsMergedOverAllInstances) {
  const std::string a =
      profile("a", made_profile().add(waiting_in("f", 5)).add(waiting_in("g", 1)));
  const std::string b = profile("b", made_profile().add(waiting_in("f", 7)));
  const json whole = report(a + " " + b);
  EXPECT_EQ(whole["goroutines"], 13);
  EXPECT_EQ(whole["instances"], json({a, b}));
  ASSERT_THAT(functions(whole), ElementsAre("f", "g"));
  const json& site = whole["sites"][0];
  EXPECT_EQ(site["total"], 12);
  EXPECT_EQ(site["instances"], json({{a, 5}, {b, 7}}));
  EXPECT_NEAR(site["share"].get<double>(), 12.0 / 13, 1e-9);
  EXPECT_EQ(site["file"], "f.cpp");
  EXPECT_EQ(site["line"], 7);
  EXPECT_EQ(site["reason"], "chan send");
  EXPECT_EQ(site["created"], "main.cpp:1");
  EXPECT_EQ(site["waiting_s"], nullptr);
  EXPECT_EQ(whole["sites"][1]["instances"], json({{a, 1}}));
}

TEST_F(goroutines, WhatWaitsForAnotherReasonOrComesFromElsewhereIsAnotherSite) {
  made_sample other_reason = waiting_in("f", 1);
  other_reason.reason = "select";
  made_sample other_birthplace = waiting_in("f", 1);
  other_birthplace.created = "main.cpp:2";
  const json whole = report(
      profile("a", made_profile().add(waiting_in("f", 1)).add(other_reason).add(other_birthplace)));
  EXPECT_EQ(whole["sites"].size(), 3U);
}

TEST_F(goroutines, ALeakInOneOfManyStandsOut) {
  std::string words =
      profile("1", made_profile().add(waiting_in("even", 30)).add(waiting_in("leak", 100)));
  for (const char* name : {"2", "3", "4"})
    words += " " + profile(name, made_profile().add(waiting_in("even", 30)));
  const json whole = report(words);
  EXPECT_THAT(functions(whole), ElementsAre("leak", "even"));
  EXPECT_EQ(whole["sites"][0]["rms"], 50.0);
  EXPECT_EQ(whole["sites"][1]["rms"], 30.0);
}

TEST_F(goroutines, ASiteWithTooManyInOneInstanceIsASuspect) {
  made_sample running = waiting_in("busy", 20'000);
  running.reason = "running";
  const std::string a = profile("a", made_profile().add(waiting_in("leak", 10'000)).add(running));
  const std::string b = profile("b", made_profile().add(waiting_in("leak", 1)));
  const json whole = report(a + " " + b);
  ASSERT_THAT(functions(whole), ElementsAre("busy", "leak"));
  EXPECT_EQ(whole["sites"][0]["suspect"], false);
  EXPECT_EQ(whole["sites"][1]["suspect"], true);
  EXPECT_EQ(report("--threshold 10001 " + a)["sites"][1]["suspect"], false);
  EXPECT_THAT(text(a), HasSubstr("\n! 10,000  33.3 %  chan send  leak.cpp:7  leak\n"));
  EXPECT_THAT(text(a), HasSubstr("! a suspect: 10,000 or more wait there in one instance"));
}

TEST_F(goroutines, ThereIsATableOfTheSites) {
  made_sample old = waiting_in("serve", 1200);
  old.waiting = 3600;
  const std::string a = profile("a", made_profile().add(old).add(waiting_in("accept_all", 3)));
  EXPECT_EQ(text(a),
            "1,203 goroutines in 1 instance, at 2 sites.\n"
            "\n"
            "  TOTAL   SHARE  WAITING  REASON     WHERE\n"
            "  1,200  99.8 %    ≥ 1 h  chan send  serve.cpp:7       serve\n"
            "                          created at main.cpp:1\n"
            "      3   0.2 %           chan send  accept_all.cpp:7  accept_all\n"
            "                          created at main.cpp:1\n");
}

TEST_F(goroutines, OfSeveralInstancesThoseWithTheMostAreNamed) {
  std::string words;
  for (int i = 1; i <= 6; ++i)
    words += profile("p" + std::to_string(i), made_profile().add(waiting_in("f", i))) + " ";
  const std::string shown = text(words);
  EXPECT_THAT(shown, HasSubstr("6 in " + folder.path("p6") + ", 5 in " + folder.path("p5")));
  EXPECT_THAT(shown, HasSubstr("3 in " + folder.path("p3") + ", and 2 others\n"));
}

TEST_F(goroutines, OnlyTheFirstSitesAreShownWhenThatIsAsked) {
  const std::string a = profile(
      "a", made_profile().add(waiting_in("f", 1)).add(waiting_in("g", 3)).add(waiting_in("h", 2)));
  const json whole = report("--top 2 " + a);
  EXPECT_THAT(functions(whole), ElementsAre("g", "h"));
  EXPECT_EQ(whole["sites_left_out"], 1);
  EXPECT_THAT(
      text("--top 2 " + a),
      ::testing::StartsWith("6 goroutines in 1 instance, at 3 sites; the first 2 of them.\n"));
}

TEST_F(goroutines, ADifferenceShowsWhatHasChangedSinceASavedReport) {
  const std::string a = profile("a", made_profile()
                                         .add(waiting_in("grows", 5))
                                         .add(waiting_in("stays", 50))
                                         .add(waiting_in("shrinks", 9)));
  const std::string then = file("then.json", text("--format json " + a));
  profile("a", made_profile()
                   .add(waiting_in("grows", 25))
                   .add(waiting_in("stays", 50))
                   .add(waiting_in("shrinks", 1))
                   .add(waiting_in("is_new", 2)));
  const json whole = report("--diff " + then + " " + a);
  EXPECT_EQ(whole["goroutines_before"], 64);
  EXPECT_EQ(whole["goroutines"], 78);
  ASSERT_THAT(functions(whole), ElementsAre("grows", "is_new", "shrinks"));
  EXPECT_EQ(whole["sites"][0]["growth"], 20);
  EXPECT_EQ(whole["sites"][0]["rms"], 20.0);
  EXPECT_EQ(whole["sites"][0]["instances_before"], json({{a, 5}}));
  EXPECT_EQ(whole["sites"][2]["growth"], -8);
  EXPECT_EQ(whole["sites"][2]["rms"], 0.0);
  const std::string shown = text("--diff " + then + " " + a);
  EXPECT_EQ(text("--diff " + a + " " + a),
            "78 goroutines in 1 instance, 78 before; nothing has changed.\n");
  EXPECT_THAT(shown, HasSubstr("78 goroutines in 1 instance, 64 before; changed at 3 sites.\n"));
  EXPECT_THAT(shown, HasSubstr("\n     25     +20  chan send  grows.cpp:7    grows\n"));
}

TEST_F(goroutines, ADifferenceIsOfThoseThatWereThereBothTimes) {
  const std::string a = profile("a", made_profile().add(waiting_in("f", 5)));
  const std::string then = file("then.json", text("--format json " + a));
  const std::string b = profile("b", made_profile().add(waiting_in("f", 500)));
  const outcome ended = run("--format json --diff " + then + " " + a + " " + b);
  EXPECT_EQ(ended.code, 1);
  EXPECT_EQ(ended.err, "leash: " + b + ": it is not in what it is to be compared with\n");
  EXPECT_THAT(json::parse(ended.out)["sites"], ::testing::IsEmpty());
}

TEST_F(goroutines, ASavedProfileIsComparedWithOneInstance) {
  const std::string old = profile("old", made_profile().add(waiting_in("f", 5)));
  const std::string now = profile("now", made_profile().add(waiting_in("f", 6)));
  EXPECT_EQ(report("--diff " + old + " " + now)["sites"][0]["growth"], 1);
  const outcome ended = run("--diff " + old + " " + now + " " + old);
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr(old + ": it is the profile of one process, and cannot be "
                                         "compared with 2: save a report by --format json"));
}

TEST_F(goroutines, AReportThatIsNotAllThereIsIsNoEarlierMoment) {
  const std::string a =
      profile("a", made_profile().add(waiting_in("f", 5)).add(waiting_in("g", 5)));
  const std::string part = file("part.json", text("--format json --top 1 " + a));
  EXPECT_EQ(run("--diff " + part + " " + a).err,
            "leash: " + part + ": it was written with --top: a comparison needs all sites\n");
  const std::string change = file("change.json", text("--format json --diff " + a + " " + a));
  EXPECT_THAT(run("--diff " + change + " " + a).err, HasSubstr("it is a difference itself"));
}

TEST_F(goroutines, WhatFailsIsNamedAndTheOthersAreShown) {
  const std::string good = profile("good", made_profile().add(waiting_in("f", 5)));
  const std::string bad = file("bad", "nonsense");
  const outcome ended = run(good + " " + bad + " nowhere.pb --file-sd nowhere.json");
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.out, ::testing::StartsWith("5 goroutines in 1 instance, at 1 site.\n"));
  EXPECT_THAT(ended.err, HasSubstr("leash: " + bad + ": it is not a profile in pprof's form"));
  EXPECT_THAT(ended.err, HasSubstr("leash: nowhere.pb: no such file, and no URL"));
  EXPECT_THAT(ended.err, HasSubstr("leash: nowhere.json: it cannot be read\n"));
  const outcome in_json = run("--format json " + good + " " + bad);
  EXPECT_EQ(json::parse(in_json.out)["failures"].size(), 1U);
}

TEST_F(goroutines, OneThatIsNamedTwiceIsLookedAtOnce) {
  const std::string a = profile("a", made_profile().add(waiting_in("f", 5)));
  EXPECT_EQ(report(a + " " + a)["goroutines"], 5);
}

TEST_F(goroutines, InATerminalPathsAreCutFromTheLeft) {
  made_sample deep = waiting_in("f", 5);
  deep.stack[0].file = "/a/very/long/path/through/many/folders/to/the/source/of/racer.cpp";
  deep.created = deep.stack[0].file + ":1";
  const std::string a = profile("a", made_profile().add(deep));
  const std::string shown = pseudo_terminal(60).written_by("goroutines " + a, "TERM=dumb LC_ALL=C");
  EXPECT_THAT(shown, HasSubstr("…o/the/source/of/racer.cpp:7  f\n"));
  EXPECT_THAT(shown, HasSubstr("created at …s/to/the/source/of/racer.cpp:1\n"));
  EXPECT_THAT(shown, Not(HasSubstr("\033")));
  EXPECT_THAT(text(a), HasSubstr(deep.stack[0].file + ":7  f\n"));
}

TEST_F(goroutines, SuspectsHaveAColourInATerminalOnly) {
  const std::string a = profile("a", made_profile().add(waiting_in("leak", 100)));
  const std::string words = "goroutines --threshold 100 " + a;
  EXPECT_THAT(pseudo_terminal(80).written_by(words, "TERM=xterm"), HasSubstr("\033[1;31m!"));
  EXPECT_THAT(pseudo_terminal(80).written_by(words, "TERM=xterm NO_COLOR=1"),
              Not(HasSubstr("\033")));
  EXPECT_THAT(text("--threshold 100 " + a), Not(HasSubstr("\033")));
}

TEST_F(goroutines, AReportThatCannotBeWrittenIsNotLostSilently) {
  const std::string a = profile("a", made_profile().add(waiting_in("f", 5)));
  const outcome ended = run(a + " >/dev/full");
  EXPECT_EQ(ended.code, 23);
  EXPECT_THAT(ended.err, HasSubstr("cannot write to standard output: No space left on device"));
}

}  // namespace
}  // namespace leash::test
