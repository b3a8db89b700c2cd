#include "model/explored_program.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <set>
#include <sstream>
#include <utility>

#include <leash/testing.hpp>

#include "model/machine.hpp"
#include "model/outcomes.hpp"

namespace leash::testing::model {
namespace {

using namespace std::chrono_literals;

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
  if (given.freely) live->remember();
  for (const step& each : given.burst) live->issue({index++, each});
  co_await sleep(1ms);
  const unexplored clean_up;
  after.insert(live->seen());
  for (const auto& each : live->leashes) each->cancel();
  co_await sleep(1ms);
}

// The worlds that the model may be in after it.
class modelled {
 public:
  // False: see comparison.
  bool run(const small_program& given) {
    std::size_t index = 0;
    model_.settle(now_);
    for (const step& each : given.before) {
      if (!can(each)) return false;
      model_.issue({{index++, each}});
      settle();
      if (model_.size() != 1) return false;
    }
    before_ = model_.all_seen();
    std::vector<order> burst;
    for (const step& each : given.burst) {
      const bool is_first = std::none_of(burst.begin(), burst.end(), [&](const order& earlier) {
        return earlier.second.actor == each.actor;
      });
      if (is_first && !can(each)) return false;
      burst.emplace_back(index++, each);
    }
    if (given.freely)
      model_.issue_freely(burst);
    else
      model_.issue(burst);
    settle();
    return model_.made_sense();
  }
  const std::set<std::string>& before() const noexcept { return before_; }
  std::set<std::string> after() const { return model_.all_seen(); }

 private:
  void settle() { model_.settle(now_ += 1'000'000); }
  bool can(const step& given) const {
    const world& in = model_.any();
    return in.all[given.actor].now == phase::idle && makes_sense(in, given.actor, given);
  }

  outcomes model_;
  std::int64_t now_ = 1'000'000;
  std::set<std::string> before_;
};

std::string difference_of(const std::set<std::string>& of_leash,
                          const std::set<std::string>& of_model) {
  std::string text;
  for (const std::string& each : of_leash)
    if (!of_model.contains(each)) text += "leash does, and the model cannot:\n" + each;
  for (const std::string& each : of_model)
    if (!of_leash.contains(each)) text += "the model can, and leash never does:\n" + each;
  return text;
}

}  // namespace

std::string text_of(const small_program& shown) {
  std::ostringstream text;
  for (const step& each : shown.before) text << "  before: " << each << '\n';
  for (const step& each : shown.burst) text << "  together: " << each << '\n';
  return text.str();
}

step operation(action what, std::size_t object, std::size_t number) {
  step made;
  made.what = what;
  made.object = object;
  made.number = number;
  return made;
}

step choice(action how, select_case a, select_case b, select_case c) {
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

step by(std::size_t actor, step what) {
  what.actor = actor;
  return what;
}

comparison compare(const small_program& given) {
  comparison made;
  modelled expected;
  made.made = expected.run(given);
  if (!made.made) return made;
  explore_options options;
  options.strategy = strategy::exhaustive;
  options.schedules = 0;
  options.timers = timers::when_idle;
  options.stop_at_first_failure = false;
  options.explain = false;
  std::set<std::string> before;
  std::set<std::string> after;
  const explore_result result = explore(options, [&] { return drive(given, before, after); });
  made.schedules = result.schedules;
  made.difference =
      difference_of(before, expected.before()) + difference_of(after, expected.after());
  if (!result) made.difference += result.text();
  if (!result.complete) made.difference += "not all schedules were explored\n";
  if (!made.difference.empty()) made.difference = text_of(given) + made.difference;
  return made;
}

}  // namespace leash::testing::model
