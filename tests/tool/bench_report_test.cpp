// What `leash bench` says of a run, and how it plans one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "bench/bench_report.hpp"
#include "bench/load_plan.hpp"
#include "shown/chart.hpp"
#include "shown/progress_bar.hpp"

namespace leash::tool {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

std::vector<std::chrono::nanoseconds> up_to(int count) {
  std::vector<std::chrono::nanoseconds> times;
  for (int i = count; i > 0; --i) times.emplace_back(i * 1ms);
  return times;
}

TEST(Latencies, PercentilesAreSamplesThatSoManyDoNotExceed) {
  const latencies thousand(up_to(1000));
  EXPECT_EQ(thousand.percentile(50), 500ms);
  EXPECT_EQ(thousand.percentile(90), 900ms);
  EXPECT_EQ(thousand.percentile(95), 950ms);
  EXPECT_EQ(thousand.percentile(99), 990ms);
  EXPECT_EQ(thousand.percentile(99.9), 999ms);
  EXPECT_EQ(thousand.percentile(100), 1000ms);
  const latencies three(up_to(3));
  EXPECT_EQ(three.percentile(0.1), 1ms);
  EXPECT_EQ(three.percentile(34), 2ms);
  EXPECT_EQ(three.percentile(99.9), 3ms);
  EXPECT_EQ(latencies(up_to(1)).percentile(50), 1ms);
}

bench_options options_of(std::size_t requests, std::size_t concurrency) {
  bench_options options;
  options.raced.urls = {"http://one/", "http://two/"};
  options.requests = requests;
  options.concurrency = concurrency;
  return options;
}

std::vector<arm> arms_of(const std::vector<turn>& turns) {
  std::vector<arm> found;
  for (const turn& each : turns) found.push_back(each.who);
  return found;
}

std::size_t requests_of(const std::vector<turn>& turns, arm which) {
  std::size_t sum = 0;
  for (const turn& each : turns)
    if (each.who == which) sum += each.requests;
  return sum;
}

TEST(LoadPlan, EachArmComesFirstAsOftenAsTheOther) {
  const auto turns = plan_load(options_of(200, 50));
  EXPECT_EQ(arms_of(turns), (std::vector{arm::alone, arm::racing, arm::racing, arm::alone}));
  EXPECT_EQ(turns[0].asked.urls, std::vector<std::string>{"http://one/"});
  EXPECT_EQ(turns[1].asked.urls.size(), 2);
}

TEST(LoadPlan, EachArmHasAllTheRequests) {
  for (const std::size_t requests : {1U, 2U, 7U, 200U, 1003U, 99999U})
    for (const std::size_t concurrency : {1U, 3U, 50U}) {
      const auto turns = plan_load(options_of(requests, concurrency));
      for (const arm which : arms) EXPECT_EQ(requests_of(turns, which), requests) << concurrency;
      for (const turn& each : turns) EXPECT_GT(each.requests, 0) << requests;
    }
}

TEST(LoadPlan, ATurnIsLongEnoughToGetWarm) {
  EXPECT_EQ(plan_load(options_of(199, 50)).size(), 2);  // one turn each
  EXPECT_EQ(plan_load(options_of(100'000, 50)).size(), 20);
  bench_options timed = options_of(most_requests, 50);
  timed.duration = 1s;
  EXPECT_EQ(plan_load(timed).size(), 2);
  timed.duration = 5s;
  EXPECT_EQ(plan_load(timed).size(), 8);
  EXPECT_EQ(plan_load(timed)[3].duration, 1250ms);
  bench_options scheduled = options_of(500, 50);
  scheduled.rate = 100;
  EXPECT_EQ(plan_load(scheduled).size(), 8);
}

attempt_report sent(leash::fate fate, const char* failure = "") {
  attempt_report attempt;
  attempt.has_started = true;
  attempt.fate = fate;
  attempt.failure = failure;
  return attempt;
}

race_report race_of(std::size_t winner, std::vector<attempt_report> attempts) {
  race_report report;
  report.winner = winner;
  report.attempts = std::move(attempts);
  return report;
}

void run(bench_results& results, arm which, const race_report& report,
         std::chrono::nanoseconds latency) {
  results.begin(which);
  results.end(which, report, latency);
}

TEST(BenchReport, TellsWhatRacingChangedAndWhatItCost) {
  bench_options options = options_of(1000, 20);
  options.raced.hedge_delay = 50ms;
  bench_results results(2, 1000);
  const race_report alone = race_of(0, {sent(fate::won)});
  const race_report not_needed = race_of(0, {sent(fate::won), {}});
  const race_report rescued = race_of(1, {sent(fate::canceled), sent(fate::won)});
  for (int i = 0; i < 1000; ++i) run(results, arm::alone, alone, i < 930 ? 20ms : 1500ms);
  for (int i = 0; i < 999; ++i)
    run(results, arm::racing, i < 930 ? not_needed : rescued, i < 930 ? 19'800us : 70ms);
  run(results, arm::racing,
      race_of(nobody,
              {sent(fate::failed, "http://one/: broke"), sent(fate::failed, "http://two/: broke")}),
      1s);
  results.spend(arm::alone, 4s);
  results.spend(arm::racing, 2s);
  EXPECT_EQ(text_of(options, bench_report(results, false)),
            R"(URL 1 alone, and 2 URLs raced: the next asked after 50.0 ms.
1000 requests of each, 20 at a time, in 10 turns.

                     URL 1 alone        racing      change
p50                      20.0 ms       19.8 ms        -1 %
p90                      20.0 ms       19.8 ms        -1 %
p95                       1.50 s       70.0 ms       -95 %
p99                       1.50 s       70.0 ms       -95 %
p99.9                     1.50 s       70.0 ms       -95 %
answered                    1000           999
failed                         0             1
requests sent               1000          1070
extra load                               7.0 %
answers a second             250           500

In the races
      sent       won
      1000       930    93.1 %  1 http://one/
        70        69     6.9 %  2 http://two/

Requests that failed
     alone    racing
         0         1  http://one/: broke
         0         1  http://two/: broke

p99.9 of fewer than 1000 answers is the slowest of them.
)");
}

TEST(BenchReport, OfAnInterruptedRunTellsWhatIsMissing) {
  bench_options options = options_of(200, 50);
  options.rate = 12.5;
  options.hedge_at_p95 = true;
  bench_results results(2, 200);
  results.begin(arm::alone);
  results.wait(arm::alone);
  run(results, arm::alone, race_of(0, {sent(fate::won)}), 850us);
  EXPECT_EQ(text_of(options, bench_report(results, true)),
            R"(URL 1 alone, and 2 URLs raced: the next asked after the p95 of the first alone.
200 requests of each, 12.5 a second on schedule, at most 50 at a time, in 10 turns.
Interrupted: this is what was measured until then, without the requests under way.

                     URL 1 alone        racing      change
p50                       850 µs             -
p90                       850 µs             -
p95                       850 µs             -
p99                       850 µs             -
p99.9                     850 µs             -
answered                       1             0
failed                         0             0
waited for a place             1             0
under way                      1             0
requests sent                  1             0
extra load                               0.0 %

In the races
      sent       won
         0         0     0.0 %  1 http://one/
         0         0     0.0 %  2 http://two/

p99.9 of fewer than 1000 answers is the slowest of them.
)");
}

TEST(BenchReport, TheMostFrequentFailureComesFirstAndRareOnesAreCountedTogether) {
  bench_results results(1, 100);
  for (int i = 0; i < 100; ++i) {
    const std::string sentence = "after " + std::to_string(i) + " bytes";
    run(results, arm::alone, race_of(nobody, {sent(fate::failed, sentence.c_str())}), 1ms);
  }
  bench_options options = options_of(100, 1);
  const std::string text = text_of(options, bench_report(results, false));
  EXPECT_THAT(text, HasSubstr("     alone    racing\n"
                              "        50         0  other failures\n"
                              "         1         0  after 0 bytes\n"));
  EXPECT_TRUE(bench_report(results, false).is_failure());
}

TEST(ProgressBar, FillsFromLeftToRight) {
  EXPECT_EQ(progress_bar(0, "0 done", 26), "               0 %  0 done");
  EXPECT_EQ(progress_bar(0.53125, "5 done", 30), "████████▌         53 %  5 done");
  EXPECT_EQ(progress_bar(1, "9 done", 24), "██████████ 100 %  9 done");
}

TEST(ProgressBar, IsAtMostAsWideAsItMayBe) {
  for (std::size_t columns = 10; columns < 100; ++columns)
    for (const double share : {-1.0, 0.0, 0.333, 1.0, 7.0})
      EXPECT_LE(display_width(progress_bar(share, "12345 done, 678 a second", columns)), columns);
}

}  // namespace
}  // namespace leash::tool
