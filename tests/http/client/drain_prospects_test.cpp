#include "http/client/drain_prospects.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace leash::http {
namespace {

constexpr std::string_view page = "http://127.0.0.1:8080/slow";

void fail(drain_prospects& prospects, int times) {
  for (int i = 0; i < times; ++i) prospects.learn(page, false);
}

TEST(DrainProspects, AreGoodAsLongAsNothingIsKnown) {
  drain_prospects prospects;
  EXPECT_TRUE(prospects.are_good(page));
}

TEST(DrainProspects, StayGoodAfterAFewThatDidNotCome) {
  drain_prospects prospects;
  fail(prospects, 3);
  EXPECT_TRUE(prospects.are_good(page));
}

TEST(DrainProspects, AreBadAfterSeveralInARow) {
  drain_prospects prospects;
  fail(prospects, 4);
  EXPECT_FALSE(prospects.are_good(page));
}

TEST(DrainProspects, AreTheSameWhateverIsAskedOfAPage) {
  drain_prospects prospects;
  fail(prospects, 4);
  EXPECT_FALSE(prospects.are_good(std::string(page) + "?q=1"));
  EXPECT_FALSE(prospects.are_good(std::string(page) + "#top"));
}

TEST(DrainProspects, AreAnotherPagesOwn) {
  drain_prospects prospects;
  fail(prospects, 4);
  int good = 0;
  for (int i = 0; i < 16; ++i)
    good += prospects.are_good("http://127.0.0.1:8080/" + std::to_string(i)) ? 1 : 0;
  EXPECT_GE(good, 12);  // a few may share its entry
}

TEST(DrainProspects, AreLookedIntoAgainOnceInAWhile) {
  drain_prospects prospects;
  fail(prospects, 4);
  int tried = 0;
  for (int i = 0; i < 640; ++i) tried += prospects.are_good(page) ? 1 : 0;
  EXPECT_EQ(tried, 10);
}

TEST(DrainProspects, AreGoodAgainAfterOneThatCame) {
  drain_prospects prospects;
  fail(prospects, 1000);
  prospects.learn(page, true);
  EXPECT_TRUE(prospects.are_good(page));
}

}  // namespace
}  // namespace leash::http
