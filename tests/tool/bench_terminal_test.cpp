// `leash bench` in a terminal.
#include "tool/failing_race.hpp"
#include "tool/pseudo_terminal.hpp"

namespace leash::test {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

class bench_terminal : public race_failures {};

// Its stderr goes to the terminal. On a schedule of ten requests in half a second each way, so that there
// is something to show.
std::string written_to_terminal(const std::string& urls, const std::string& environment) {
  return pseudo_terminal(60).written_by("bench -n 5 --rate 10 " + urls + " 2>&1 >/dev/null",
                                        "no_proxy='*' " + environment);
}

TEST_F(bench_terminal, ShowsHowFarItIsAndTidiesUp) {
  const std::string text = written_to_terminal(url("/quick") + " " + url("/other"), "TERM=xterm");
  EXPECT_THAT(text, HasSubstr(" %  "));
  EXPECT_THAT(text, HasSubstr(" done, "));
  EXPECT_THAT(text, EndsWith(" a second\033[K\033[K"));
}

TEST_F(bench_terminal, ShowsNothingWhereNothingCanBeDrawnOver) {
  EXPECT_EQ(written_to_terminal(url("/quick") + " " + url("/other"), "TERM=dumb"), "");
}

}  // namespace
}  // namespace leash::test
