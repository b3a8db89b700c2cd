#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/prctl.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "support/wait_until.hpp"
#include "tool/command.hpp"

namespace leash::test {
namespace {

using nlohmann::json;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;

// Whether there is a folder whose name begins so, however deep.
bool has_folder(const std::filesystem::path& under, std::string_view name) {
  using iterator = std::filesystem::recursive_directory_iterator;
  std::error_code ended;  // folders come and go
  for (iterator each(under, std::filesystem::directory_options::skip_permission_denied, ended);
       !ended && each != iterator(); each.increment(ended))
    if (each->path().filename().string().starts_with(name)) return true;
  return false;
}

// One run, read by several tests of one process.
const json& small_demo() {
  static const json report =
      json::parse(run_command("demo --oom --quick --limit 24M --format json").out);
  return report;
}

TEST(DemoOom, TheLeakyServiceDiesAtItsLimit) {
  const json& leaky = small_demo()["leaky"];
  EXPECT_EQ(small_demo()["limit_bytes"], 24 * mebibyte);
  EXPECT_EQ(leaky["slots"], 0);
  EXPECT_THAT(leaky["end"].get<std::string>(), AnyOf("killed_by_kernel", "killed_by_watcher"));
  EXPECT_EQ(leaky["end"] == "killed_by_kernel", leaky["cgroup_version"] != 0);
  EXPECT_EQ(leaky["end"] == "killed_by_kernel", leaky["kernel_kills"] != 0);
  EXPECT_EQ(leaky["goroutines"]["before"], 1);
  EXPECT_GT(leaky["goroutines"]["after"], 10'000);
  EXPECT_GT(leaky["most_resident_bytes"], 16 * mebibyte);
}

TEST(DemoOom, TheCuredServiceOutlivesAsManyRaces) {
  const json& cured = small_demo()["cured"];
  EXPECT_EQ(cured["slots"], 2);
  EXPECT_EQ(cured["end"], "alive");
  EXPECT_EQ(cured["races"], small_demo()["leaky"]["races"]);
  EXPECT_EQ(cured["goroutines"]["before"], 1);
  EXPECT_EQ(cured["goroutines"]["after"], 1);
  EXPECT_EQ(cured["kernel_kills"], 0);
  EXPECT_LT(cured["most_resident_bytes"], small_demo()["leaky"]["most_resident_bytes"]);
}

TEST(DemoOom, SamplesGoForward) {
  for (const char* service : {"leaky", "cured"}) {
    const json& samples = small_demo()[service]["samples"];
    ASSERT_GE(samples.size(), 2U);
    for (std::size_t i = 1; i < samples.size(); ++i)
      for (const char* measured : {"ms", "races"})
        EXPECT_GE(samples[i][measured], samples[i - 1][measured]) << service << ' ' << i;
  }
}

TEST(DemoOom, WhatLeaksOnlyGrowsAndIsMostOfTheMemory) {
  const json& samples = small_demo()["leaky"]["samples"];
  // What is in flight comes and goes; every race of more than a moment ago has left one behind.
  for (std::size_t i = 0; i < samples.size(); ++i)
    EXPECT_LE(samples[i]["live_bytes"], 24 * mebibyte) << i;
  const json& last = samples.back();
  EXPECT_GT(last["goroutines"], last["races"].get<std::uint64_t>() / 2);
  EXPECT_GT(last["live_bytes"], samples.front()["live_bytes"].get<std::uint64_t>() + 8 * mebibyte);
}

TEST(DemoOom, AGigabyteLastsAsLongAsTheMeasuredSizeSays) {
  const double bytes = small_demo()["bytes_per_leaked_goroutine"]["leash"];
  EXPECT_GT(bytes, 300);
  EXPECT_LT(bytes, 2000);
  const json& lasts = small_demo()["gigabyte_lasts_seconds_at_1000_races_per_second"];
  EXPECT_NEAR(lasts["leash"], 1073741824 / (1000 * bytes), 1);
  EXPECT_NEAR(lasts["go_1_27"], 383, 1);
}

TEST(DemoOom, TheWatcherKillsWhereNoControlGroupDoes) {
  const outcome demo =
      run_command("demo --oom --quick --limit 24M --limit-by watcher --format json");
  EXPECT_EQ(demo.code, 0);
  const json report = json::parse(demo.out);
  EXPECT_EQ(report["leaky"]["end"], "killed_by_watcher");
  EXPECT_EQ(report["leaky"]["cgroup_version"], 0);
  EXPECT_GT(report["leaky"]["most_resident_bytes"], 24 * mebibyte);
  EXPECT_EQ(report["cured"]["end"], "alive");
}

TEST(DemoOom, DrawsBothCurvesAndTellsHowLongAGigabyteLasts) {
  const outcome demo = run_command("demo --oom --quick --limit 24M");
  EXPECT_EQ(demo.code, 0);
  EXPECT_EQ(demo.err, "");
  EXPECT_THAT(demo.left, IsEmpty());
  EXPECT_THAT(demo.out, Not(HasSubstr("\033"))) << "colours, and no terminal";
  std::size_t at = 0;
  for (const char* expected : {"1000 requests a second",
                               "may hold 24 MiB",
                               "The leaky service",
                               "goroutines",
                               "memory",
                               "24 MiB ┤",
                               "█",
                               "✗",
                               "└─",
                               "illed",
                               "Goroutine count: 1 before",
                               "The cured one",
                               "24 MiB ┤",
                               "└─",
                               "Alive",
                               "Goroutine count: 1 before, Goroutine count: 1 at the end",
                               "How long a gigabyte lasts",
                               "measured in this run",
                               "Go 1.27: about 2.8 KB",
                               "6.4 minutes",
                               "The golden rule"}) {
    at = demo.out.find(expected, at);
    ASSERT_NE(at, std::string::npos) << expected << " is missing or out of order in\n" << demo.out;
  }
}

TEST(DemoOom, SpeaksChinese) {
  const outcome demo = run_command("demo --oom --quick --limit 24M --lang zh");
  EXPECT_THAT(demo.out, HasSubstr("Goroutine count: 1（之前），Goroutine count: 1（最后）"));
  EXPECT_THAT(demo.out, HasSubstr("Go 1.27：约 2.8 KB"));
  EXPECT_THAT(demo.out, HasSubstr("黄金法则"));
}

TEST(DemoOom, LeavesNothingBehindWhenItIsInterrupted) {
  for (const int signal : {SIGINT, SIGTERM}) {
    running_command demo("demo --oom --limit 256M");
    ASSERT_TRUE(wait_until([&] { return demo.has_printed("may hold"); }));
    demo.send_signal(signal);
    const outcome ended = demo.wait();
    EXPECT_EQ(ended.code, 128 + signal);
    EXPECT_EQ(ended.err, "");
    EXPECT_THAT(ended.left, IsEmpty());
  }
}

TEST(DemoOom, TakesTheServiceAlongWhenItIsKilled) {
  prctl(PR_SET_CHILD_SUBREAPER, 1);  // so that its orphans are seen to end, whatever init does
  running_command demo("demo --oom --limit 256M");
  ASSERT_TRUE(wait_until([&] { return demo.has_printed("may hold"); }));
  const std::string group = fmt::format("leash-demo-{}-", demo.process());
  demo.send_signal(SIGKILL);
  EXPECT_THAT(demo.wait().left, IsEmpty());
  // Its control group, where it had one, it cannot take along. The next one does.
  EXPECT_EQ(run_command("demo --oom --quick --limit 16M").code, 0);
  EXPECT_FALSE(has_folder("/sys/fs/cgroup", group));
}

TEST(DemoOom, RefusesALimitThatIsNoneWithASentence) {
  struct refusal {
    const char* limit;
    const char* sentence;
  };
  for (const auto& [limit, sentence] :
       {refusal{"lots", "lots is no size; give a number of bytes, or one with k, M or G"},
        {"256Mx", "256Mx is no size"},
        {"-5", "-5 is no size"},
        {"99999999999G", "99999999999G is no size"},
        {"1M", "1M is too little for a process to start in; give 16M or more"},
        {"8000000G", "more than three quarters of what this machine has left"}}) {
    const outcome refused = run_command(std::string("demo --oom --limit=") + limit);
    EXPECT_EQ(refused.code, 2) << limit;
    EXPECT_EQ(refused.out, "") << limit;
    EXPECT_THAT(refused.err, HasSubstr("--limit")) << limit;
    EXPECT_THAT(refused.err, HasSubstr(sentence)) << limit;
  }
  const outcome alone = run_command("demo --limit 64M");
  EXPECT_EQ(alone.code, 2);
  EXPECT_THAT(alone.err, HasSubstr("--oom"));
}

}  // namespace
}  // namespace leash::test
