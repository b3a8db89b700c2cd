#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <leash/testing.hpp>

#include "model/machine.hpp"
#include "model/outcomes.hpp"

// Two or three operations at the same time, after one or two before, in all schedules: what leash does is what the model can do, and all
// that the model can do leash does in some schedule. LEASH_EXPLORED_PROGRAMS=100000 tries more of them.

namespace leash::testing::model {
namespace {

using namespace std::chrono_literals;

struct small_program {
  std::vector<step> before;  // one after the other
  std::vector<step> burst;   // at the same time
};

std::string text_of(const small_program& shown) {
  std::ostringstream text;
  for (const step& each : shown.before) text << "  before: " << each << '\n';
  for (const step& each : shown.burst) text << "  together: " << each << '\n';
  return text.str();
}

step operation(action what, std::size_t object = 0, std::size_t number = 0) {
  step made;
  made.what = what;
  made.object = object;
  made.number = number;
  return made;
}

step choice(action how, select_case a, select_case b, select_case c = {}) {
  step made;
  made.what = how;
  made.cases = {a, b, c};
  return made;
}

std::vector<step> operations() {
  using enum action;
  return {
      operation(send, 0),
      operation(send, 1),
      operation(try_send, 0),
      operation(try_send, 1),
      operation(receive, 0),
      operation(receive, 1),
      operation(try_receive, 0),
      operation(try_receive, 1),
      operation(close, 0),
      operation(close, 1),
      choice(action::select, {case_kind::receive, 0}, {case_kind::send, 1}),
      choice(action::select, {case_kind::receive, 0}, {case_kind::receive, 0}),
      choice(action::select, {case_kind::send, 0}, {case_kind::done, 0}, {case_kind::timeout, 0}),
      choice(select_by_list, {case_kind::receive, 0}, {case_kind::receive, 1},
             {case_kind::otherwise, 0}),
      operation(lock),
      operation(try_lock),
      operation(unlock),
      operation(lock_to_write),
      operation(lock_to_read),
      operation(try_lock_to_write),
      operation(try_lock_to_read),
      operation(unlock_rw),
      operation(wait_cond, 0),
      operation(wait_cond, 1),
      operation(signal, 0),
      operation(broadcast, 0),
      operation(signal, 1),
      operation(acquire, 0, 2),
      operation(acquire, 0, 3),
      operation(try_acquire, 0, 2),
      operation(release),
      operation(add, 0, 2),
      operation(add, 0, 0),
      operation(action::wait_group),
      operation(call_once, 0),
      operation(call_once_throw, 0),
      operation(call_once_receive, 0, 0),
      operation(wait_done, 0),
      operation(wait_done, 1),
      operation(cancel_context, 0),
      operation(cancel_context, 1),
      operation(cancel_actor, 0),
      operation(cancel_actor, 1),
      operation(cancel_actor, 2),
      operation(action::sleep, 0, 0),
      operation(take_sender),
      operation(reply),
      operation(drop_sender),
      operation(receive, replies),
      operation(receive, of_timer),
      operation(reset_timer, of_timer, 0),
      operation(stop_timer, of_timer),
      operation(join, 1),
      operation(join, 2),
      operation(finish)};
}

// Runs the program in one schedule.
task<> drive(const small_program& given, std::set<std::string>& before,
             std::set<std::string>& after) {
  const auto live = std::make_unique<machine>();
  std::size_t index = 0;
  {
    const unexplored set_up;
    for (std::size_t i = 0; i < actors; ++i) live->spawn(i);
    co_await sleep(1ms);
    for (const step& each : given.before) {
      live->issue({index++, each});
      co_await sleep(1ms);
    }
    before.insert(live->seen());
  }
  for (const step& each : given.burst) live->issue({index++, each});
  co_await sleep(1ms);
  const unexplored clean_up;
  after.insert(live->seen());
  for (const auto& each : live->leashes) each->cancel();
  co_await sleep(1ms);
}

class comparison {
 public:
  explicit comparison(const small_program& given) : given_(given) {}

  // False: it makes no sense, or what comes before is open.
  bool compare() {
    std::int64_t now = 1'000'000;
    model_.settle(now);
    std::size_t index = 0;
    for (const step& each : given_.before) {
      if (!can(each)) return false;
      model_.issue({{index++, each}});
      model_.settle(now += 1'000'000);
      if (model_.size() != 1) return false;
    }
    std::vector<order> burst;
    for (const step& each : given_.burst) {
      if (!can(each)) return false;
      burst.emplace_back(index++, each);
    }
    const std::set<std::string> before = model_.all_seen();
    model_.issue(burst);
    model_.settle(now += 1'000'000);
    run();
    EXPECT_EQ(before_, before) << text_of(given_);
    EXPECT_EQ(after_, model_.all_seen()) << text_of(given_) << result_.summary();
    return true;
  }
  std::size_t schedules() const noexcept { return result_.schedules; }

 private:
  bool can(const step& given) const {
    const world& in = model_.any();
    return in.all[given.actor].now == phase::idle && makes_sense(in, given.actor, given);
  }

  void run() {
    explore_options options;
    options.strategy = strategy::exhaustive;
    options.schedules = 0;
    options.timers = timers::when_idle;
    options.stop_at_first_failure = false;
    options.explain = false;
    result_ = explore(options, [this] { return drive(given_, before_, after_); });
    EXPECT_TRUE(result_) << text_of(given_) << result_;
    EXPECT_TRUE(result_.complete) << text_of(given_);
  }

  const small_program& given_;
  outcomes model_;
  std::set<std::string> before_;
  std::set<std::string> after_;
  explore_result result_;
};

std::size_t programs_to_try() {
  const char* text = std::getenv("LEASH_EXPLORED_PROGRAMS");
  return text == nullptr ? 3000 : std::strtoul(text, nullptr, 10);
}

step by(std::size_t actor, step what) {
  what.actor = actor;
  return what;
}

void compare_all(const std::vector<small_program>& all) {
  for (const small_program& each : all) {
    ASSERT_TRUE(comparison(each).compare()) << text_of(each);
    if (::testing::Test::HasFailure()) return;
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
      if (::testing::Test::HasFailure()) return;
      const small_program tried{{}, {by(0, first), by(1, second)}};
      compared += comparison(tried).compare() ? 1 : 0;
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
    if (::testing::Test::HasFailure()) return;
    small_program tried{{any(chance() % 4)}, {any(0), any(1)}};
    if (chance() % 2 == 0) tried.before.push_back(any(chance() % 4));
    if (chance() % 4 == 0) tried.burst.push_back(any(2));
    comparison made(tried);
    if (!made.compare()) continue;
    ++compared;
    schedules += made.schedules();
  }
  RecordProperty("schedules", std::to_string(schedules));
}

}  // namespace
}  // namespace leash::testing::model
