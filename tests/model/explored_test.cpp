#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "model/explored_program.hpp"

// Two or three operations at the same time, after one or two before, in all schedules: what leash does is what the model can do, and all
// that the model can do leash does in some schedule. LEASH_EXPLORED_PROGRAMS=100000 tries more of them.

namespace leash::testing::model {
namespace {

std::size_t programs_to_try() {
  const char* text = std::getenv("LEASH_EXPLORED_PROGRAMS");
  return text == nullptr ? 3000 : std::strtoul(text, nullptr, 10);
}

void compare_all(const std::vector<small_program>& all) {
  for (const small_program& each : all) {
    const comparison made = compare(each);
    ASSERT_TRUE(made.made) << text_of(each);
    ASSERT_EQ(made.difference, "");
  }
}

// Who waits is served by what happens at the same time as something else.
TEST(ModelExplored, WhoWaitsIsServedAsInTheModel) {
  using enum action;
  const auto select_of_two =
      choice(action::select, {case_kind::receive, 0}, {case_kind::receive, 1});
  const std::vector<small_program> all{
      {{by(0, operation(lock)), by(1, operation(lock)), by(2, operation(lock))},
       {by(0, operation(unlock)), by(3, operation(try_lock))}},
      {{by(0, operation(lock)), by(0, operation(wait_cond, 0)), by(1, operation(lock)),
        by(1, operation(wait_cond, 0))},
       {by(2, operation(broadcast, 0)), by(3, operation(lock))}},
      {{by(0, operation(lock)), by(0, operation(wait_cond, 0)), by(1, operation(lock)),
        by(1, operation(wait_cond, 0))},
       {by(2, operation(signal, 0)), by(3, operation(cancel_actor, 0))}},
      {{by(0, operation(lock_to_read)), by(1, operation(lock_to_read)),
        by(2, operation(lock_to_write))},
       {by(0, operation(unlock_rw)), by(1, operation(unlock_rw)), by(3, operation(lock_to_read))}},
      {{by(0, operation(lock_to_write)), by(1, operation(lock_to_read)),
        by(2, operation(lock_to_write))},
       {by(0, operation(unlock_rw)), by(3, operation(try_lock_to_read))}},
      {{by(2, operation(add, 0, 3)), by(0, operation(action::wait_group)),
        by(1, operation(action::wait_group))},
       {by(2, operation(add, 0, 0)), by(3, operation(add, 0, 0))}},
      {{by(2, operation(add, 0, 3)), by(0, operation(action::wait_group))},
       {by(2, operation(add, 0, 0)), by(3, operation(cancel_actor, 0))}},
      {{by(0, operation(acquire, 0, 3)), by(1, operation(acquire, 0, 2)),
        by(2, operation(acquire, 0, 1))},
       {by(0, operation(release)), by(3, operation(cancel_actor, 1))}},
      {{by(0, operation(call_once_receive, 0, 0)), by(1, operation(call_once, 0)),
        by(2, operation(call_once, 0))},
       {by(3, operation(send, 0)), by(4, operation(cancel_actor, 1))}},
      {{by(0, operation(call_once_receive, 0, 0)), by(1, operation(call_once, 0)),
        by(2, operation(call_once, 0))},
       {by(3, operation(send, 0)), by(4, operation(cancel_actor, 0))}},
      {{by(0, operation(send, 0)), by(1, operation(send, 0))},
       {by(2, operation(receive, 0)), by(3, operation(close, 0))}},
      {{by(0, operation(receive, 0)), by(1, operation(receive, 0))},
       {by(2, operation(send, 0)), by(3, operation(close, 0))}},
      {{by(0, operation(send, 1)), by(1, operation(send, 1))},
       {by(2, operation(receive, 1)), by(3, operation(close, 1))}},
      {{by(0, select_of_two), by(1, select_of_two)},
       {by(2, operation(send, 0)), by(3, operation(send, 1))}},
      {{by(0, operation(wait_done, 1)), by(1, operation(wait_done, 0))},
       {by(2, operation(cancel_context, 0)), by(3, operation(cancel_context, 1))}},
      {{by(0, operation(join, 2)), by(1, operation(join, 2))},
       {by(2, operation(finish)), by(3, operation(cancel_actor, 2))}},
      {{by(0, operation(take_sender)), by(1, operation(receive, replies))},
       {by(0, operation(reply)), by(2, operation(receive, replies))}},
      {{by(0, operation(receive, of_timer)), by(1, operation(reset_timer, of_timer, 0))},
       {by(2, operation(stop_timer, of_timer)), by(3, operation(receive, of_timer))}}};
  compare_all(all);
}

// Who waited for nothing but that somebody before it is served goes on when that one is cancelled.
TEST(ModelExplored, WhoLeavesAQueueLetsInThoseBehind) {
  using enum action;
  compare_all({{{by(0, operation(acquire, 0, 2)), by(1, operation(acquire, 0, 2)),
                 by(2, operation(acquire, 0, 1))},
                {by(3, operation(cancel_actor, 1)), by(4, operation(try_acquire, 0, 1))}},
               {{by(0, operation(lock_to_read)), by(1, operation(lock_to_write)),
                 by(2, operation(lock_to_read))},
                {by(3, operation(cancel_actor, 1)), by(4, operation(try_lock_to_read))}},
               {{by(0, operation(lock)), by(1, operation(lock)), by(2, operation(lock))},
                {by(3, operation(cancel_actor, 1)), by(4, operation(cancel_actor, 0))}}});
}

TEST(ModelExplored, EveryPairOfOperationsHasTheModelsOutcomesInAllSchedules) {
  const std::vector<step> all = operations();
  std::size_t compared = 0;
  for (const step& first : all)
    for (const step& second : all) {
      const comparison made = compare({{}, {by(0, first), by(1, second)}});
      ASSERT_EQ(made.difference, "");
      compared += made.made ? 1 : 0;
    }
  EXPECT_GT(compared, all.size() * all.size() / 4);
}

TEST(ModelExplored, SoHaveTwoOrThreeAfterOthers) {
  const std::vector<step> all = operations();
  std::minstd_rand chance(1);
  const auto any = [&](std::size_t actor) { return by(actor, all[chance() % all.size()]); };
  std::size_t compared = 0;
  std::size_t schedules = 0;
  for (std::size_t tries = 0; compared < programs_to_try(); ++tries) {
    ASSERT_LT(tries, 100 * programs_to_try());
    small_program tried{{any(chance() % 4)}, {any(0), any(1)}};
    if (chance() % 2 == 0) tried.before.push_back(any(chance() % 4));
    if (chance() % 4 == 0) tried.burst.push_back(any(2));
    const comparison made = compare(tried);
    ASSERT_EQ(made.difference, "");
    if (!made.made) continue;
    ++compared;
    schedules += made.schedules;
  }
  RecordProperty("schedules", std::to_string(schedules));
}

// What belongs together, done by several at the same time.
TEST(ModelExplored, ActorsThatDoSeveralStepsEachDoAsInTheModel) {
  using enum action;
  using steps = std::vector<step>;
  const steps mutex_use{operation(lock), operation(unlock)};
  const steps read{operation(lock_to_read), operation(unlock_rw)};
  const steps write{operation(lock_to_write), operation(unlock_rw)};
  const steps two_permits{operation(acquire, 0, 2), operation(release)};
  const step either = choice(action::select, {case_kind::receive, 0}, {case_kind::receive, 1});
  const std::vector<std::vector<steps>> all{
      {mutex_use, mutex_use, mutex_use},
      {mutex_use, {operation(try_lock)}, {operation(cancel_actor, 0), operation(try_lock)}},
      {{operation(send, 0), operation(send, 0), operation(close, 0)},
       {operation(receive, 0), operation(receive, 0), operation(receive, 0)}},
      {{operation(send, 1), operation(send, 1)},
       {operation(receive, 1), operation(try_receive, 1)},
       {operation(close, 1)}},
      {{operation(lock), operation(wait_cond, 0), operation(unlock)},
       {operation(lock), operation(signal, 0), operation(unlock)}},
      {{operation(lock), operation(wait_cond, 0)},
       {operation(lock), operation(wait_cond, 0)},
       {operation(broadcast, 0), operation(cancel_actor, 0)}},
      {read, write, read},
      {write, write, {operation(try_lock_to_read)}},
      {two_permits, two_permits, {operation(acquire, 0, 1), operation(cancel_actor, 0)}},
      {{operation(add, 0, 2), operation(add, 0, 0)},
       {operation(action::wait_group), operation(action::wait_group)}},
      {{either, either}, {operation(send, 0), operation(send, 1)}},
      {{either, either}, {operation(send, 0), operation(close, 0)}, {operation(send, 1)}},
      {{operation(call_once_receive, 0, 0), operation(call_once, 1)},
       {operation(send, 0), operation(call_once, 0)},
       {operation(cancel_actor, 0)}},
      {{operation(take_sender), operation(reply)},
       {operation(receive, replies)},
       {operation(cancel_actor, 0)}},
      {{operation(wait_done, 1), operation(send, 1)},
       {operation(cancel_context, 0), operation(receive, 1)}},
      {{operation(join, 1)},
       {operation(send, 1), operation(finish)},
       {operation(cancel_actor, 1)}}};
  std::vector<small_program> programs;
  for (const std::vector<steps>& each : all) {
    small_program& made = programs.emplace_back(small_program{.freely = true});
    for (std::size_t actor = 0; actor < each.size(); ++actor)
      for (const step& one : each[actor]) made.burst.push_back(by(actor, one));
  }
  compare_all(programs);
}

// Two or three actors that do one to three steps each, as fast as they can: all that they gave, in all schedules.
TEST(ModelExplored, SoHaveActorsThatDoSeveralStepsEach) {
  const std::vector<step> all = operations();
  std::minstd_rand chance(2);
  std::size_t compared = 0;
  std::size_t schedules = 0;
  for (std::size_t tries = 0; compared < programs_to_try() / 10; ++tries) {
    ASSERT_LT(tries, 100 * programs_to_try());
    small_program tried{.freely = true};
    const std::size_t of = 2 + chance() % 4 / 3;
    for (std::size_t actor = 0; actor < of; ++actor)
      for (std::size_t i = 0, steps = 1 + chance() % (5 - of); i < steps; ++i)
        tried.burst.push_back(by(actor, all[chance() % all.size()]));
    const comparison made = compare(tried);
    ASSERT_EQ(made.difference, "");
    if (!made.made) continue;
    ++compared;
    schedules += made.schedules;
  }
  RecordProperty("schedules", std::to_string(schedules));
}

}  // namespace
}  // namespace leash::testing::model
