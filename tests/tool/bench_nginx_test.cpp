// `leash bench` against real servers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tool/command.hpp"
#include "tool/nginx.hpp"

namespace leash::test {
namespace {

TEST(BenchOfNginx, TheQuickOneWinsEveryRaceOfASlowOne) {
  const nginx quick{nginx::quick()};
  const nginx slow{nginx::slowed(1)};
  const outcome ended = run_command(
      "bench --format json -n 10 -c 5 " + slow.url() + " " + quick.url(), "no_proxy='*'");
  ASSERT_EQ(ended.code, 0) << ended.err;
  const auto told = nlohmann::json::parse(ended.out);
  EXPECT_GE(told["alone"]["latency_ms"]["min"], 1000);
  EXPECT_EQ(told["alone"]["answered"], 10);
  EXPECT_EQ(told["racing"]["answered"], 10);
  EXPECT_EQ(told["racing"]["urls"][1]["won"], 10);
  EXPECT_EQ(quick.log_of(10).size(), 10);
}

TEST(BenchOfNginx, ThousandsOfRequestsLeaveNothingBehind) {
  const nginx quick{nginx::quick()};
  const outcome ended =
      run_command("bench --format json -n 5000 -c 100 " + quick.url("/a") + " " + quick.url("/b"),
                  "no_proxy='*'");
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.err, "");
  const auto told = nlohmann::json::parse(ended.out);
  EXPECT_EQ(told["alone"]["answered"], 5000);
  EXPECT_EQ(told["racing"]["answered"], 5000);
  EXPECT_EQ(told["racing"]["sent"], 10000);
}

}  // namespace
}  // namespace leash::test
