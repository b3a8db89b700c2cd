#include "sched/turn_estimate.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace {

using leash::detail::turn_estimate;
using namespace std::chrono_literals;

// `count` rounds of one turn that takes at least so long, or hardly any time.
void take_turns(turn_estimate& estimate, int count, std::chrono::microseconds each = 0us) {
  for (int i = 0; i < count; ++i) {
    estimate.turns_begin();
    estimate.count_turn();
    if (each != 0us) std::this_thread::sleep_for(each);
    estimate.turns_end();
  }
}

// As short as this machine lets it be: a round may be interrupted.
void expect_to_become_short(turn_estimate& estimate) {
  const auto give_up = std::chrono::steady_clock::now() + 10s;
  while (estimate.of(1) > 5us && std::chrono::steady_clock::now() < give_up)
    take_turns(estimate, 1);
  EXPECT_LE(estimate.of(1), 5us);
}

TEST(TurnEstimate, ExpectsLongTurnsAtFirst) { EXPECT_GE(turn_estimate().of(1), 100us); }

TEST(TurnEstimate, BecomesShortWithShortTurns) {
  turn_estimate estimate;
  expect_to_become_short(estimate);
}

TEST(TurnEstimate, HardlyHeedsOneLongTurn) {
  turn_estimate estimate;
  expect_to_become_short(estimate);
  take_turns(estimate, 1, 2ms);
  EXPECT_LE(estimate.of(1), 10us);
}

TEST(TurnEstimate, BecomesLongWhenLongTurnsGoOn) {
  turn_estimate estimate;
  expect_to_become_short(estimate);
  take_turns(estimate, 3, 1ms);
  EXPECT_GE(estimate.of(1), 100us);
}

TEST(TurnEstimate, BecomesLongWhenToldSo) {
  turn_estimate estimate;
  expect_to_become_short(estimate);
  estimate.expect_long();
  EXPECT_GE(estimate.of(1), 100us);
}

TEST(TurnEstimate, CountsEveryTurnThatIsLeft) {
  turn_estimate estimate;
  EXPECT_EQ(estimate.of(7), 7 * estimate.of(1));
  EXPECT_EQ(estimate.of(0), 0us);
}

}  // namespace
