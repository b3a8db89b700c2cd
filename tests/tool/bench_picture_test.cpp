// `leash bench --svg`.
#include <fstream>
#include <iterator>
#include <string>

#include "tool/failing_race.hpp"
#include "tool/scratch.hpp"

namespace leash::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class bench_picture : public race_failures {
 protected:
  outcome draw(const std::string& file, const std::string& urls,
               const std::string& environment = no_proxy) const {
    running_command command("bench -n 20 -c 2 --svg " + file + " " + urls, environment);
    return end_of(command);
  }

  std::string quick = url("/quick") + " " + url("/other");
  scratch folder;
};

TEST_F(bench_picture, ShowsBothDistributions) {
  const outcome drawn = draw(folder.path("tail.svg"), quick);
  EXPECT_EQ(drawn.code, 0);
  EXPECT_EQ(drawn.err, "");
  EXPECT_THAT(drawn.out, HasSubstr("\np99.9"));
  EXPECT_THAT(folder.content("tail.svg"),
              AllOf(StartsWith("<?xml"), HasSubstr("the first URL alone"),
                    HasSubstr("2 URLs raced, all asked at once"),
                    HasSubstr("percentile of answers, 2 at a time"), HasSubstr("p95"),
                    HasSubstr("latency"), HasSubstr("</svg>")));
}

TEST_F(bench_picture, ShowsTheOneThatWasAnswered) {
  const outcome drawn = draw(folder.path("tail.svg"), nobody.url() + " " + url("/quick"));
  EXPECT_EQ(drawn.code, 0);
  EXPECT_EQ(drawn.err, "");
  const std::string picture = folder.content("tail.svg");
  EXPECT_THAT(picture, HasSubstr("2 URLs raced"));
  EXPECT_THAT(picture, ::testing::Not(HasSubstr("the first URL alone")));
}

TEST_F(bench_picture, IsNotMadeOfNothing) {
  const outcome drawn = draw(folder.path("tail.svg"), nobody.url() + " " + nobody.url());
  EXPECT_EQ(drawn.code, 1);
  EXPECT_EQ(drawn.err, "leash: " + folder.path("tail.svg") + " was not drawn: nobody answered\n");
  EXPECT_FALSE(std::filesystem::exists(folder.path("tail.svg")));
}

TEST_F(bench_picture, WithoutGnuplotNobodyIsAsked) {
  expect_failure(draw(folder.path("tail.svg"), quick, "no_proxy='*' PATH=/nowhere"), 1,
                 "leash: gnuplot, which draws the picture, is not installed: apt-get install "
                 "gnuplot-nox\n");
  EXPECT_EQ(server.accepted(), 0);
}

TEST_F(bench_picture, OfWhichGnuplotComplainsIsSaid) {
  // A gnuplot that works for the empty script alone.
  std::ofstream(folder.path("gnuplot"))
      << "#!/bin/sh\nread line || exit 0\necho 'line 1: no such thing' >&2\nexit 3\n";
  std::filesystem::permissions(folder.path("gnuplot"), std::filesystem::perms::owner_all);
  const outcome drawn =
      draw(folder.path("tail.svg"), quick, "no_proxy='*' PATH=" + folder.path(""));
  EXPECT_EQ(drawn.code, 1);
  EXPECT_EQ(drawn.err,
            "leash: gnuplot could not draw the picture (exit code 3): line 1: no such thing\n");
  EXPECT_THAT(drawn.out, HasSubstr("\np99.9"));
}

TEST_F(bench_picture, AFileThatCannotBeWrittenIsRefusedBeforeAnybodyIsAsked) {
  expect_failure(draw("/nowhere/tail.svg", quick), 23,
                 "leash: cannot write to /nowhere/tail.svg: No such file or directory; nothing was "
                 "asked\n");
  EXPECT_EQ(server.accepted(), 0);
}

TEST_F(bench_picture, AFullDiskIsSaid) {
  const outcome drawn = draw("/dev/full", quick);
  EXPECT_EQ(drawn.code, 23);
  EXPECT_EQ(drawn.err, "leash: cannot write the picture to /dev/full: No space left on device\n");
}

}  // namespace
}  // namespace leash::test
