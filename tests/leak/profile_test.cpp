#include <leash/profile.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <source_location>
#include <string>
#include <vector>

#include "support/read_profile.hpp"

namespace leash {
namespace {

using namespace std::chrono_literals;
using leash::testing::read;
using leash::testing::read_frame;
using leash::testing::read_profile;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

using place = std::source_location;

place inner() { return place::current(); }
place outer() { return place::current(); }
place starter() { return place::current(); }

goroutine_trace waiting_at(const std::vector<place>& stack) {
  goroutine_trace made;
  made.state = goroutine_state::waiting;
  made.reason = "chan send";
  made.created_at = starter();
  made.stack = stack;
  return made;
}

read_profile written(goroutine_profile profile) {
  return read(goroutine_protobuf(std::move(profile)).whole());
}

TEST(Profile, SaysWhatItCounts) {
  const auto before = std::chrono::system_clock::now().time_since_epoch() / 1ns;
  const read_profile profile = written(goroutine_profile());
  EXPECT_EQ(profile.sample_type, "goroutine");
  EXPECT_EQ(profile.sample_unit, "count");
  EXPECT_EQ(profile.period_type, "goroutine");
  EXPECT_EQ(profile.period_unit, "count");
  EXPECT_EQ(profile.period, 1);
  EXPECT_GE(profile.time_nanos, before);
  EXPECT_EQ(profile.duration_nanos, 0);
  EXPECT_THAT(profile.samples, ElementsAre());
}

TEST(Profile, ShowsTheStackLeafFirstAndWhoStartedItLast) {
  const std::vector<place> stack{inner(), outer()};
  goroutine_profile profile;
  profile.add(waiting_at(stack));
  const read_profile got = written(std::move(profile));
  ASSERT_EQ(got.samples.size(), 1u);
  const std::string file = inner().file_name();
  EXPECT_THAT(got.samples[0].frames,
              ElementsAre(read_frame{"leash::inner", file, inner().line()},
                          read_frame{"leash::outer", file, outer().line()},
                          read_frame{"created by leash::starter", file, starter().line()}));
}

TEST(Profile, LabelsReasonAgeWaitingAndBirthplace) {
  const std::vector<place> stack{inner()};
  goroutine_trace seen = waiting_at(stack);
  seen.age = 2h;
  seen.since = 999ms;
  goroutine_profile profile;
  profile.add(seen);
  const read_profile got = written(std::move(profile));
  EXPECT_THAT(got.samples.at(0).texts,
              UnorderedElementsAre(Pair("reason", "chan send"),
                                   Pair("created", std::string(starter().file_name()) + ":" +
                                                       std::to_string(starter().line()))));
  EXPECT_THAT(got.samples.at(0).seconds,
              UnorderedElementsAre(Pair("age", 3600), Pair("waiting", 0)));
}

TEST(Profile, DoesNotSayHowLongOneWaitsThatRuns) {
  goroutine_trace seen = waiting_at({});
  seen.state = goroutine_state::runnable;
  seen.reason = "runnable";
  goroutine_profile profile;
  profile.add(seen);
  EXPECT_THAT(written(std::move(profile)).samples.at(0).seconds,
              UnorderedElementsAre(Pair("age", 0)));
}

TEST(Profile, GroupsWhatStandsAlike) {
  const std::vector<place> one{inner(), outer()};
  const std::vector<place> same{inner(), outer()};
  const std::vector<place> other{outer()};
  goroutine_profile profile;
  for (const auto* stack : {&one, &same, &other, &one}) {
    goroutine_trace seen = waiting_at(*stack);
    seen.age = std::chrono::seconds(10 + profile.goroutines());
    profile.add(seen);
  }
  EXPECT_EQ(profile.goroutines(), 4);
  EXPECT_EQ(profile.groups(), 2u);
  const read_profile got = written(std::move(profile));
  EXPECT_EQ(got.samples.size(), 2u);
  EXPECT_EQ(got.places, 3u);
  EXPECT_EQ(got.functions, 3u);
  EXPECT_EQ(got.total(), 4);
}

TEST(Profile, TellsApartWhatWaitsForSomethingElseOrWasStartedElsewhere) {
  const std::vector<place> stack{inner()};
  goroutine_profile profile;
  goroutine_trace seen = waiting_at(stack);
  profile.add(seen);
  seen.reason = "select";
  profile.add(seen);
  seen.created_at = outer();
  profile.add(seen);
  seen.since = 70s;
  profile.add(seen);
  EXPECT_EQ(profile.groups(), 4u);
}

TEST(Profile, OfADifferenceHasWhatCameAndWhatWent) {
  const std::vector<place> stays{inner()};
  const std::vector<place> comes{outer()};
  const std::vector<place> goes{inner(), outer()};
  goroutine_profile profile(profile_labels::lasting);
  for (const auto* stack : {&stays, &goes, &goes}) profile.add(waiting_at(*stack), -1);
  for (const auto* stack : {&stays, &comes}) {
    goroutine_trace later = waiting_at(*stack);
    later.age = later.since = 1h;
    profile.add(later);
  }
  profile.covers(5s);
  const read_profile got = written(std::move(profile));
  EXPECT_EQ(got.duration_nanos, 5s / 1ns);
  ASSERT_EQ(got.samples.size(), 2u);
  EXPECT_EQ(got.total(), -1);
  for (const auto& each : got.samples) {
    EXPECT_EQ(each.count, each.frames.size() == 2 ? 1 : -2);
    EXPECT_TRUE(each.seconds.empty());
  }
}

TEST(Profile, ShowsWhereFramesAreLeftOut) {
  const std::vector<place> stack{inner(), outer()};
  goroutine_trace seen = waiting_at(stack);
  seen.elided = 1000;
  goroutine_profile profile;
  profile.add(seen);
  const read_profile got = written(std::move(profile));
  ASSERT_EQ(got.samples.at(0).frames.size(), 4u);
  EXPECT_EQ(got.samples.at(0).frames[1].function, "(frames left out)");
}

// As many different stacks: this many bits of a number, as inner and outer.
std::vector<place> stack_of(std::uint32_t number) {
  std::vector<place> made;
  for (std::uint32_t bit = 0; bit < 14; ++bit)
    made.push_back((number >> bit & 1) != 0 ? inner() : outer());
  return made;
}

TEST(Profile, ComesInPiecesOfASizeThatDoesNotGrowWithIt) {
  constexpr std::uint32_t stacks = 1 << 14;
  goroutine_profile profile;
  for (std::uint32_t i = 0; i < stacks; ++i) {
    const std::vector<place> stack = stack_of(i);
    profile.add(waiting_at(stack));
  }
  goroutine_protobuf pieces(std::move(profile));
  std::string all;
  std::size_t largest = 0;
  for (std::string piece; pieces.next(piece); piece.clear()) {
    largest = std::max(largest, piece.size());
    all += piece;
  }
  EXPECT_LT(largest, std::size_t{20} << 10);
  EXPECT_GT(all.size(), std::size_t{500} << 10);
  EXPECT_EQ(read(all).samples.size(), stacks);
}

}  // namespace
}  // namespace leash
