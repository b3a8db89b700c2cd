#include "sched/turn_estimate.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace {

using leash::detail::turn_estimate;
using namespace std::chrono_literals;

// `rounds` of `turns` each that take that long together, on a clock of the test's.
void take_turns(turn_estimate& estimate, int rounds, std::chrono::nanoseconds together,
                int turns = 1) {
  turn_estimate::clock::time_point now{};
  for (int i = 0; i < rounds; ++i) {
    estimate.turns_begin(now);
    for (int turn = 0; turn < turns; ++turn) estimate.count_turn();
    now += together;
    estimate.turns_end(now);
  }
}

turn_estimate short_one() {
  turn_estimate estimate;
  take_turns(estimate, 30, 1us);
  return estimate;
}

TEST(TurnEstimate, ExpectsLongTurnsAtFirst) { EXPECT_GE(turn_estimate().of(1), 100us); }

TEST(TurnEstimate, BecomesShortWithShortTurns) { EXPECT_LE(short_one().of(1), 2us); }

TEST(TurnEstimate, IsOfOneTurnAndNotOfARound) {
  turn_estimate estimate;
  take_turns(estimate, 30, 100us, 50);
  EXPECT_LE(estimate.of(1), 3us);
}

TEST(TurnEstimate, DoesNotHeedOneLongTurn) {
  turn_estimate estimate = short_one();
  take_turns(estimate, 1, 2ms);
  EXPECT_LE(estimate.of(1), 2us);
}

TEST(TurnEstimate, BecomesLongWhenLongTurnsGoOn) {
  turn_estimate estimate = short_one();
  take_turns(estimate, 3, 1ms);
  EXPECT_GE(estimate.of(1), 100us);
}

TEST(TurnEstimate, BecomesLongWhenToldSo) {
  turn_estimate estimate = short_one();
  estimate.expect_long();
  EXPECT_GE(estimate.of(1), 100us);
}

TEST(TurnEstimate, LearnsNothingFromARoundWithoutTurns) {
  turn_estimate estimate = short_one();
  const auto before = estimate.of(1);
  take_turns(estimate, 10, 1s, 0);
  EXPECT_EQ(estimate.of(1), before);
}

TEST(TurnEstimate, CountsEveryTurnThatIsLeft) {
  turn_estimate estimate;
  EXPECT_EQ(estimate.of(7), 7 * estimate.of(1));
  EXPECT_EQ(estimate.of(0), 0us);
}

}  // namespace
