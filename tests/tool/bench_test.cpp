// `leash bench` against a server that does as it is told.
#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <string>
#include <thread>

#include "support/growing_limit.hpp"
#include "support/wait_until.hpp"
#include "tool/failing_race.hpp"

namespace leash::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class bench_command : public race_failures {
 protected:
  outcome bench(const std::string& arguments) const {
    running_command command("bench " + arguments, no_proxy);
    return end_of(command);
  }

  // What it reported of a run that came to its end.
  static json report_of(const outcome& ended) {
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_EQ(ended.err, "");
    return json::parse(ended.out);
  }
  json report(const std::string& arguments) const {
    return report_of(bench("--format json " + arguments));
  }

  std::size_t requests_for(const std::string& target) const {
    const auto all = server.requests();
    return static_cast<std::size_t>(std::count_if(
        all.begin(), all.end(), [&target](const auto& asked) { return asked.target == target; }));
  }

  bool wait_for_at_least(std::size_t requests) const {
    return wait_until([&] { return server.requests().size() >= requests; });
  }

  void expect_refused(const std::string& arguments, const std::string& sentence) const {
    expect_failure(bench(arguments), 2, "leash: " + sentence + " See leash bench --help.\n");
    EXPECT_EQ(server.accepted(), 0);
  }
};

TEST_F(bench_command, AsksTheFirstAloneAndAllOfThemInRaces) {
  // As often as it is asked alone it answers; in the races it never does.
  server.on("/first", [asked = 0](const auto&) mutable {
    using namespace http::testing;
    return ++asked > 5 ? test_server::script{hold("never")} : test_server::script{send(answer(""))};
  });
  running_command command("bench --format json -n 5 -c 5 " + url("/first") + " " + url("/gated"),
                          no_proxy);
  ASSERT_TRUE(wait_for_at_least(15));  // so that nobody wins before all are asked
  server.open_gate("gate");
  const json told = report_of(end_of(command));
  EXPECT_EQ(told["load"]["turns"], 1);
  EXPECT_EQ(told["alone"]["answered"], 5);
  EXPECT_EQ(told["alone"]["sent"], 5);
  EXPECT_EQ(told["racing"]["answered"], 5);
  EXPECT_EQ(told["racing"]["sent"], 10);
  EXPECT_EQ(told["extra_load_percent"], 100);
  EXPECT_EQ(told["racing"]["urls"][0]["won"], 0);
  EXPECT_EQ(told["racing"]["urls"][1]["won"], 5);
  EXPECT_EQ(told["alone"]["unfinished"], 0);
  EXPECT_EQ(told["interrupted"], false);
}

TEST_F(bench_command, HasTwoHundredRequestsFiftyAtATimeWhenNobodySaysOtherwise) {
  const json told = report("--hedge-delay 3600s " + url("/quick") + " " + url("/other"));
  EXPECT_EQ(told["load"]["concurrency"], 50);
  EXPECT_EQ(told["alone"]["answered"], 200);
  EXPECT_EQ(told["racing"]["answered"], 200);
  EXPECT_EQ(told["extra_load_percent"], 0);
  EXPECT_EQ(requests_for("/quick"), 400);
  EXPECT_EQ(requests_for("/other"), 0);
}

TEST_F(bench_command, ClosedLoopHasSoManyUnderWayAndNoMore) {
  running_command command("bench -n 20 -c 3 " + url("/never") + " " + url("/never"), no_proxy);
  ASSERT_TRUE(wait_for_at_least(3));
  command.send_signal(SIGINT);
  const outcome ended = end_of(command);
  EXPECT_EQ(server.requests().size(), 3);
  EXPECT_EQ(ended.code, 130);
  EXPECT_THAT(ended.out, HasSubstr("Interrupted: "));
  EXPECT_THAT(ended.out, HasSubstr("under way                      3             0\n"));
}

TEST_F(bench_command, InterruptedItReportsWhatWasMeasured) {
  server.on("/first", [asked = 0](const auto&) mutable {
    using namespace http::testing;
    return ++asked > 7 ? test_server::script{hold("never")} : test_server::script{send(answer(""))};
  });
  running_command command("bench --format json -n 100 -c 1 " + url("/first") + " " + url("/quick"),
                          no_proxy);
  ASSERT_TRUE(wait_for_at_least(8));
  command.send_signal(SIGINT);
  const outcome ended = end_of(command);
  EXPECT_EQ(ended.code, 130);
  const json told = json::parse(ended.out);
  EXPECT_EQ(told["interrupted"], true);
  EXPECT_EQ(told["alone"]["answered"], 7);
  EXPECT_EQ(told["alone"]["unfinished"], 1);
  EXPECT_EQ(told["racing"]["answered"], 0);
}

// Requests that started 20 ms apart were answered, all at once, not before the last of them had started:
// what the k-th quickest answer took at least.
constexpr double stalled_ms(int k) { return (k - 1) * 20; }

TEST_F(bench_command, OpenLoopShowsAStallToAllThatShouldHaveStartedInIt) {
  running_command command(
      "bench --format json -n 20 --rate 50 " + url("/gated") + " " + url("/gated"), no_proxy);
  // Nobody is answered, and all start all the same: 20 alone, 20 races of two.
  ASSERT_TRUE(wait_for_at_least(60));
  server.open_gate("gate");
  const json told = report_of(end_of(command));
  const json& racing = told["racing"]["latency_ms"];
  EXPECT_GE(racing["p50"], stalled_ms(10));
  EXPECT_GE(racing["p90"], stalled_ms(18));
  EXPECT_GE(racing["max"], stalled_ms(20));
  // The races' schedule, too, was waited for.
  const json& alone = told["alone"]["latency_ms"];
  EXPECT_GE(alone["min"], 400);
  EXPECT_GE(alone["p50"], 400 + stalled_ms(10));
  EXPECT_GE(alone["max"], 400 + stalled_ms(20));
}

TEST_F(bench_command, OpenLoopHasAtMostSoManyUnderWayAndCountsTheWaitOfOthers) {
  running_command command(
      "bench --format json -n 10 --rate 50 -c 2 " + url("/gated") + " " + url("/gated"), no_proxy);
  // Two alone; and two races of two, which begin when all that are alone should have started.
  ASSERT_TRUE(wait_for_at_least(6));
  EXPECT_EQ(server.requests().size(), 6);
  server.open_gate("gate");
  const json told = report_of(end_of(command));
  EXPECT_EQ(told["alone"]["answered"], 10);
  EXPECT_GE(told["alone"]["waited"], 1);
  EXPECT_GE(told["alone"]["latency_ms"]["p50"], stalled_ms(5));
  EXPECT_EQ(told["racing"]["answered"], 10);
}

TEST_F(bench_command, OpenLoopCountsFromTheScheduleAlsoWhereItIsLateItself) {
  using namespace std::chrono;
  constexpr milliseconds apart(10);
  running_command command(
      "bench --format json -n 100000 --rate 100 " + url("/quick") + " " + url("/quick"), no_proxy);
  ASSERT_TRUE(wait_for_at_least(1));
  command.send_signal(SIGSTOP);
  const auto stopped = steady_clock::now();
  // More come due while it stands still than were asked before, so that the percentiles are theirs.
  const std::size_t before = server.requests().size();
  const std::size_t due = before + 200;
  std::this_thread::sleep_until(stopped + due * apart);
  command.send_signal(SIGCONT);
  ASSERT_TRUE(wait_for_at_least(before + due));
  command.send_signal(SIGINT);
  const json told = json::parse(end_of(command).out);
  const json& alone = told["alone"]["latency_ms"];
  EXPECT_GE(alone["max"], static_cast<double>((due - 2) * apart.count()));
  // Those of the first half of the stand-still waited for the other half. When this process
  // stood still before it sent the signal, they may be too few among the others, and p95 is not
  // theirs.
  if (told["alone"]["answered"] < 8 * due) {
    EXPECT_GE(alone["p95"], static_cast<double>(due * apart.count()) / 2);
  }
}

TEST_F(bench_command, AHedgeDelayOfP95IsWhatTheFirstAloneTook) {
  for (const char* load : {"-n 20 -c 10 ", "-n 20 --rate 1000 "}) {
    const json told =
        report(std::string("--hedge-delay p95 ") + load + url("/quick") + " " + url("/other"));
    EXPECT_EQ(told["load"]["hedge_delay_is_p95"], true);
    EXPECT_GT(told["load"]["hedge_delay_ms"], 0);
    EXPECT_EQ(told["load"]["hedge_delay_ms"], told["alone"]["latency_ms"]["p95"]) << load;
  }
}

TEST_F(bench_command, TheNextUrlIsAskedAfterThatP95) {
  // The first is answered when it is alone. In a race it is not, and the second one gets its turn.
  server.on("/first", [asked = 0](const auto&) mutable {
    using namespace http::testing;
    return ++asked > 8 ? test_server::script{hold("never")} : test_server::script{send(answer(""))};
  });
  const json told = report("--hedge-delay p95 -n 8 -c 8 " + url("/first") + " " + url("/other"));
  EXPECT_EQ(told["racing"]["urls"][1]["won"], 8);
  EXPECT_GE(told["racing"]["latency_ms"]["min"], told["load"]["hedge_delay_ms"]);
}

TEST_F(bench_command, WhereTheFirstNeverAnswersAloneP95IsNoDelay) {
  const json told = report("--hedge-delay p95 -n 4 -c 2 " + nobody.url() + " " + url("/quick"));
  EXPECT_EQ(told["load"]["hedge_delay_ms"], 0);
  EXPECT_EQ(told["alone"]["failed"], 4);
  EXPECT_EQ(told["racing"]["answered"], 4);
}

TEST_F(bench_command, FailuresAreCountedByTheirSentences) {
  const json told = report("--hedge-delay 3600s -n 5 -c 1 " + nobody.url() + " " + url("/quick"));
  EXPECT_EQ(told["alone"]["failed"], 5);
  EXPECT_EQ(told["alone"]["latency_ms"], json::object());
  EXPECT_EQ(told["racing"]["failed"], 0);
  EXPECT_EQ(told["racing"]["sent"], 10);
  const json failures =
      json::array({{{"error", "could not connect to " + nobody.url() +
                                  ": Connection refused: check the port, and that the server runs"},
                    {"count", 5}}});
  EXPECT_EQ(told["alone"]["failures"], failures);
  EXPECT_EQ(told["racing"]["failures"], failures);
}

TEST_F(bench_command, WhenEveryRequestFailsItIsAFailure) {
  const outcome failed = bench("-n 4 -c 4 " + url("/missing") + " " + url("/missing"));
  EXPECT_EQ(failed.code, 1);
  EXPECT_EQ(failed.err, "");
  EXPECT_THAT(failed.out, HasSubstr("failed                         4             4\n"));
  EXPECT_THAT(failed.out, HasSubstr("         4         8  " + url("/missing") +
                                    ": answered with status 404, which --accept does not let "
                                    "win\n"));
}

TEST_F(bench_command, TakesTheOptionsOfARequest) {
  const json told = report("-n 1 -c 1 -X PUT -d a=1 -H 'Name: value' --accept 404 " +
                           url("/missing") + " " + url("/missing"));
  EXPECT_EQ(told["alone"]["answered"], 1);
  const auto asked = server.requests().front();
  EXPECT_EQ(asked.method, "PUT");
  EXPECT_EQ(asked.body, "a=1");
  ASSERT_NE(http::find_header(asked.headers, "Name"), nullptr);
  EXPECT_EQ(*http::find_header(asked.headers, "Name"), "value");
}

TEST_F(bench_command, ADurationEndsAClosedLoop) {
  json told;
  // When nobody is answered in time, it was too short for this machine.
  EXPECT_TRUE(holds_for_some_limit(std::chrono::milliseconds(100), [&](auto limit) {
    told = report("-z " + std::to_string(limit.count()) + "ms -c 2 " + url("/quick") + " " +
                  url("/other"));
    EXPECT_EQ(told["load"]["duration_ms"], limit.count());
    EXPECT_GE(told["alone"]["busy_ms"], limit.count());
    EXPECT_GE(told["racing"]["busy_ms"], limit.count());
    return told["alone"]["answered"] >= 2;
  })) << told;
}

TEST_F(bench_command, ADurationOnAScheduleIsANumberOfRequests) {
  const json told =
      report("-z 100ms --rate 200 --hedge-delay 3600s " + url("/quick") + " " + url("/other"));
  EXPECT_EQ(told["alone"]["answered"], 20);
  EXPECT_EQ(told["racing"]["answered"], 20);
}

TEST_F(bench_command, WhatMeansNothingIsRefusedBeforeAnybodyIsAsked) {
  const std::string urls = " " + url("/quick") + " " + url("/other");
  expect_refused(url("/quick"),
                 "url: bench compares racing with asking the first URL alone: give it two URLs, or "
                 "one twice.");
  for (const std::string& count : {"0", "-1", "1.5", "many", "10000001", "99999999999999999999"})
    expect_refused("--requests=" + count + urls,
                   "--requests: " + count + " is not a whole number from 1 to 10000000.");
  expect_refused("-c 0" + urls, "--concurrency: 0 is not a whole number from 1 to 100000.");
  for (const std::string& rate : {"0", "-5", "nan", "inf", "2e6", "5/s"})
    expect_refused("--rate=" + rate + urls, "--rate: " + rate +
                                                " is not a number of requests a second such as "
                                                "100 or 0.5.");
  expect_refused("-n 5 -z 5s" + urls,
                 "--duration: with -n the run would have two ends: leave one out.");
  expect_refused("-z 0" + urls, "--duration: nothing can be measured in no time.");
  expect_refused("-z 1000s --rate 1e6" + urls,
                 "--duration: that would be over 10000000 requests, more than can be measured: "
                 "choose less time, or a lower --rate.");
  expect_refused("--hedge-delay p99" + urls,
                 "--hedge-delay: p99 is neither a time such as 50ms, 1.5s or 0, nor p95.");
}

TEST_F(bench_command, WhereTheReportCannotGoIsSaid) {
  const std::string load = "-n 1 -c 1 " + url("/quick") + " " + url("/quick");
  expect_failure(bench(load + " >/dev/full"), 23,
                 "leash: cannot write to standard output: No space left on device\n");
}

}  // namespace
}  // namespace leash::test
