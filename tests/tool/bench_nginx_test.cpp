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
  const nginx slow{nginx::slowed(5)};
  const outcome ended = run_command(
      "bench --format json -n 3 -c 3 " + slow.url() + " " + quick.url(), "no_proxy='*'");
  ASSERT_EQ(ended.code, 0) << ended.err;
  const auto told = nlohmann::json::parse(ended.out);
  EXPECT_GE(told["alone"]["latency_ms"]["min"], 5000);
  EXPECT_EQ(told["alone"]["answered"], 3);
  EXPECT_EQ(told["racing"]["answered"], 3);
  EXPECT_EQ(told["racing"]["urls"][1]["won"], 3);
  EXPECT_EQ(quick.log_of(3).size(), 3);
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
  EXPECT_LE(told["racing"]["sent"], 10000);  // one may win before the other is asked
}

}  // namespace
}  // namespace leash::test
