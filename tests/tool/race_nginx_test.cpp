// `leash race` against two real servers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/wait_until.hpp"
#include "tool/command.hpp"
#include "tool/nginx.hpp"

namespace leash::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class race_of_nginx : public ::testing::Test {
 protected:
  // Runs `leash race -v` and keeps the quick server from answering before the slow one has been asked.
  outcome race(const std::string& arguments) const {
    quick.pause();
    running_command command("race -v " + arguments, "no_proxy='*'");
    EXPECT_TRUE(wait_until([&] { return command.has_said("> Host: " + host_of(slow)); }));
    quick.resume();
    return command.wait();
  }

  static std::string host_of(const nginx& server) { return server.url("").substr(7); }

  nginx quick{nginx::quick()};
  nginx slow{nginx::slowed(3600)};
};

// Where each of these is in the text; all must be there.
std::vector<std::size_t> places(const std::string& text, const std::vector<std::string>& parts) {
  std::vector<std::size_t> found;
  for (const std::string& part : parts) {
    EXPECT_THAT(text, HasSubstr(part));
    found.push_back(text.find(part));
  }
  return found;
}

TEST_F(race_of_nginx, TheQuickOnesBodyIsPrintedWhicheverIsNamedFirst) {
  for (const std::string& urls : {slow.url() + " " + quick.url(), quick.url() + " " + slow.url()}) {
    const outcome won = race(urls);
    EXPECT_EQ(won.code, 0) << won.err;
    EXPECT_EQ(won.out, "fast\n");
    EXPECT_THAT(won.left, IsEmpty());
  }
}

TEST_F(race_of_nginx, TheSlowOnesLogSays499) {
  race(slow.url("/loser") + " " + quick.url("/winner"));
  EXPECT_THAT(slow.log_of(1), ElementsAre("499 /loser"));
  EXPECT_THAT(quick.log_of(1), ElementsAre("200 /winner"));
}

TEST_F(race_of_nginx, TheTimelineTellsWhatHappenedInItsOrder) {
  const outcome won = race("--timeline " + slow.url() + " " + quick.url());
  const auto at = places(won.err, {"ms     " + slow.url() + " starts\n",
                                   quick.url() + " answered with status 200 and won\n",
                                   slow.url() + " cancelled, its transfer aborted\n"});
  EXPECT_LT(at[0], at[1]);
  EXPECT_LT(at[1], at[2]);
  EXPECT_LT(places(won.err, {quick.url() + " starts\n"})[0], at[1]);
}

TEST_F(race_of_nginx, TheReportSaysWhoWonAndWhatBecameOfTheOther) {
  const auto report =
      nlohmann::json::parse(race("--format json " + slow.url() + " " + quick.url()).out);
  EXPECT_EQ(report["winner"], 1);
  EXPECT_EQ(report["body"], "fast\n");
  EXPECT_EQ(report["attempts"][0]["fate"], "canceled");
  EXPECT_EQ(report["attempts"][1]["fate"], "won");
  EXPECT_LE(report["attempts"][1]["ended_ms"], report["attempts"][0]["ended_ms"]);
}

TEST_F(race_of_nginx, AHedgedRaceAsksTheSecondAfterTheDelayAndCancelsTheFirst) {
  const auto report = nlohmann::json::parse(
      race("--hedge-delay 50ms --format json " + slow.url("/first") + " " + quick.url("/second"))
          .out);
  EXPECT_EQ(report["winner"], 1);
  EXPECT_EQ(report["attempts"][0]["fate"], "canceled");
  EXPECT_GE(report["attempts"][1]["started_ms"], 50);
  EXPECT_THAT(slow.log_of(1), ElementsAre("499 /first"));
  EXPECT_THAT(quick.log_of(1), ElementsAre("200 /second"));
}

TEST_F(race_of_nginx, AHedgedRaceLeavesTheSecondAloneWhenTheFirstIsQuick) {
  const outcome won =
      run_command("race --hedge-delay 3600s " + quick.url() + " " + slow.url(), "no_proxy='*'");
  EXPECT_EQ(won.code, 0);
  EXPECT_EQ(won.out, "fast\n");
  EXPECT_THAT(quick.log_of(1), ElementsAre("200 /"));
  EXPECT_THAT(slow.log(), IsEmpty());
}

}  // namespace
}  // namespace leash::test
