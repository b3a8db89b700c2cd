#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <source_location>
#include <string>

#include <leash/leash.hpp>
#include <leash/testing.hpp>
#include <leash/trace.hpp>

namespace leash {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::uint32_t before_take = std::source_location::current().line();
task<> take(channel<> from) { co_await from.receive(); }
task<> worker(channel<> from) { co_await take(from); }

TEST(TraceText, OfEachGoroutineIsShapedAsGos) {
  run(
      []() -> task<> {
        const channel<> never;
        go(worker, never);
        const std::string start = std::to_string(std::source_location::current().line() - 1);
        co_await sleep(1s);
        const std::string text = dump_goroutines();
        const std::string file = std::source_location::current().file_name();
        const std::string in_take = std::to_string(before_take + 1);
        const std::string in_worker = std::to_string(before_take + 2);
        const std::string starter =
            "leash::TraceText_OfEachGoroutineIsShapedAsGos_Test::TestBody::lambda";
        EXPECT_THAT(text, HasSubstr("goroutine 1 [running]:\n" + starter + "(...)\n\t" + file));
        EXPECT_THAT(text,
                    HasSubstr("goroutine 2 [chan receive]:\n"
                              "leash::take(...)\n\t" +
                              file + ":" + in_take +
                              " +0x0\n"
                              "leash::worker(...)\n\t" +
                              file + ":" + in_worker +
                              " +0x0\n"
                              "created by " +
                              starter + " in goroutine 1\n\t" + file + ":" + start + " +0x0\n\n"));
        never.close();
      },
      testing::virtual_time);
}

TEST(TraceText, SaysForHowManyMinutesOneWaits) {
  run(
      []() -> task<> {
        const channel<> never;
        go(worker, never);
        co_await sleep(59s);
        EXPECT_THAT(dump_goroutines(), HasSubstr("[chan receive]:\n"));
        co_await sleep(1s);
        EXPECT_THAT(dump_goroutines(), HasSubstr("[chan receive, 1 minutes]:\n"));
        co_await sleep(2h);
        EXPECT_THAT(dump_goroutines(), HasSubstr("[chan receive, 121 minutes]:\n"));
        never.close();
      },
      testing::virtual_time);
}

TEST(TraceText, GroupsWhoStandAlikeTheMostFirst) {
  run(
      []() -> task<> {
        const channel<> never;
        go(take, never);
        for (int i = 0; i < 7; ++i) go(worker, never);
        co_await sleep(1s);
        const std::string text = dump_goroutines(trace_form::grouped);
        EXPECT_THAT(text, StartsWith("goroutine profile: total 9\n7 @ 0x"));
        // A place has the same address wherever it stands; tabs bring the names to one width.
        const std::size_t begin = text.find("7 @ ") + 4;
        const std::size_t space = text.find(' ', begin);
        const std::size_t end = text.find('\n', begin);
        const std::string taker = text.substr(begin, space - begin);
        const std::string caller = text.substr(space + 1, end - space - 1);
        const std::string file = std::source_location::current().file_name();
        const std::string in_take = file + ":" + std::to_string(before_take + 1);
        const std::string in_worker = file + ":" + std::to_string(before_take + 2);
        EXPECT_THAT(text, HasSubstr("7 @ " + taker + " " + caller +
                                    "\n"
                                    "#\t" +
                                    taker + "\tleash::take+0x0\t\t" + in_take +
                                    "\n"
                                    "#\t" +
                                    caller + "\tleash::worker+0x0\t" + in_worker + "\n\n"));
        EXPECT_THAT(text, HasSubstr("\n\n1 @ " + taker +
                                    "\n"
                                    "#\t" +
                                    taker + "\tleash::take+0x0\t" + in_take + "\n\n"));
        never.close();
      },
      testing::virtual_time);
}

task<> dive(int depth, channel<> from) {
  if (depth > 0)
    co_await dive(depth - 1, from);
  else
    co_await from.receive();
}

TEST(TraceText, SaysHowMuchOfADeepStackIsLeftOut) {
  run(
      []() -> task<> {
        const channel<> never;
        go(dive, 999, never);
        co_await sleep(1s);
        EXPECT_THAT(dump_goroutines(),
                    HasSubstr(" +0x0\n...872 frames elided...\nleash::dive(...)\n"));
        EXPECT_THAT(dump_goroutines(trace_form::grouped),
                    HasSubstr("\n#\t...872 frames elided...\n#\t"));
        never.close();
      },
      testing::virtual_time);
}

TEST(TraceText, ComesInPiecesThatMakeTheWhole) {
  run(
      []() -> task<> {
        const channel<> never;
        for (int i = 0; i < 10000; ++i) go(dive, i % 100, never);
        co_await sleep(1s);
        for (const trace_form form : {trace_form::each, trace_form::grouped}) {
          std::string all;
          std::size_t longest = 0;
          goroutine_text text(form);
          for (std::string piece; text.next(piece); piece.clear()) {
            longest = std::max(longest, piece.size());
            all += piece;
          }
          EXPECT_EQ(all, dump_goroutines(form));
          EXPECT_LT(longest, all.size() / 2 + (std::size_t{1} << 20));
          std::string more = "kept";
          EXPECT_FALSE(text.next(more));
          EXPECT_EQ(more, "kept");
        }
        never.close();
      },
      testing::virtual_time);
}

TEST(TraceText, OfNoGoroutinesSaysSo) {
  EXPECT_EQ(dump_goroutines(), "");
  EXPECT_EQ(dump_goroutines(trace_form::grouped), "goroutine profile: total 0\n");
}

}  // namespace
}  // namespace leash
