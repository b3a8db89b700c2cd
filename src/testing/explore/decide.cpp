#include <algorithm>
#include <string_view>

#include "testing/explore/dice.hpp"
#include "testing/explore/explored_run.hpp"

// Who can take the next step, and who does.

namespace leash::detail {

// What has become ready in the last step joins those who are.
void explored_run::gather_ready() {
  if (goroutine* soon = worker_.slot.exchange(nullptr, std::memory_order_relaxed)) enter(*soon);
  while (goroutine* item = worker_.ring.pop()) enter(*item);
  while (goroutine* item = home_.injected.pop()) enter(*item);
}

void explored_run::enter(goroutine& item) {
  const goroutine_id id = item.id.load(std::memory_order_relaxed);
  if (id >= actors_.size()) actors_.resize(id + 1);
  actor& self = actors_[id];
  if (!self.here) {
    self.here = true;
    self.record = &item;
    actor& creator = actors_[item.creator.load(std::memory_order_relaxed)];
    self.who = mixed(creator.who, 2 * std::uint64_t{++creator.children});
    if (settings_.look_closely)
      outcome_.goroutines.push_back({id, item.creator.load(std::memory_order_relaxed),
                                     item.created_at.load(std::memory_order_relaxed)});
  }
  ready_.push_back(id);
  if (footprints_) note_woken(item);
  if (settings_.look_closely && !outcome_.events.empty() &&
      id != outcome_.events.back().goroutine) {
    run_event& by = outcome_.events.back();
    by.woken.push_back(id);
    if (by.what == std::string_view("go"))
      by.where = item.created_at.load(std::memory_order_relaxed);
  }
}

void explored_run::add(const decision& could, const alternative& shown) {
  decisions_.push_back(could);
  alternatives_.push_back(shown);
}

// Timers fire in the order of their times; those of the same time in any.
void explored_run::add_timers(bool somebody_can) {
  if (somebody_can && (settings_.timers == testing::timers::when_idle || main_over_)) return;
  const clock_time first = worker_.timers.first_ones(timers_);
  if (first == clock_time::max() || first > last_moment_) return;
  for (std::size_t i = 0; i < timers_.size(); ++i)
    add({decision::what::fire, 0, i}, {.who = name_of(timers_[i]), .timer = true});
}

// In this order: who goes on; who can, those that have waited longest first; functions to be called; timers. Who polls comes after
// all others, and when nobody else can run, time passes first.
void explored_run::gather_alternatives(goroutine_id goes_on) {
  decisions_.clear();
  alternatives_.clear();
  if (goes_on != 0 && !polls(goes_on))
    add({decision::what::step, goes_on, 0}, {.who = actors_[goes_on].who, .goes_on = true});
  for (const goroutine_id id : ready_)
    if (!polls(id)) add({decision::what::step, id, 0}, {.who = actors_[id].who});
  std::erase_if(calls_, [](const pending_call& each) {
    return each.waiter->word.load(std::memory_order_relaxed) != each.word;
  });
  for (std::size_t i = 0; i < calls_.size(); ++i)
    add({decision::what::call, 0, i}, {.who = name_of(calls_[i])});
  const bool somebody_can = !alternatives_.empty();
  const bool somebody_polls = goes_on != 0 || !ready_.empty();
  if (!somebody_can && !somebody_polls && !settling_.empty()) {
    for (const goroutine_id id : settling_)
      add({decision::what::step, id, 0}, {.who = actors_[id].who});
    return;
  }
  // Who polls can run. When nobody has done anything else for long, nobody is about to.
  constexpr std::size_t long_enough = 1000;
  const bool polling_is_idle =
      settings_.timers == testing::timers::any || fruitless_polls_ >= long_enough;
  if (somebody_can || !somebody_polls || polling_is_idle) add_timers(somebody_can);
  if (somebody_can) return;
  if (goes_on != 0)
    add({decision::what::step, goes_on, 0}, {.who = actors_[goes_on].who, .goes_on = true});
  for (const goroutine_id id : ready_) add({decision::what::step, id, 0}, {.who = actors_[id].who});
  if (alternatives_.size() > 1)
    for (alternative& each : alternatives_) each.goes_on = false;
}

explored_run::decision explored_run::decide(goroutine_id goes_on) {
  if (!deciding_) return {};
  gather_alternatives(goes_on);
  if (alternatives_.empty()) return try_cure() ? decide(goes_on) : decision{};
  if (outcome_.steps == settings_.max_steps) {
    outcome_.cut = true;
    stop();
    return {};
  }
  if (settings_.count_states && memory_.states.size() < most_states) memory_.states.insert(state_);
  const std::uint32_t index = pauses_ != 0 ? 0 : chooser_.pick(alternatives_);
  if (index >= alternatives_.size()) {
    outcome_.pruned = true;
    stop();
    return {};
  }
  ++outcome_.steps;
  if (alternatives_.size() > 1 && pauses_ == 0) outcome_.made.push_back(index);
  const decision taken = decisions_[index];
  if (taken.kind == decision::what::step && taken.id != goes_on)
    if (std::erase(ready_, taken.id) == 0) std::erase(settling_, taken.id);
  return taken;
}

std::uint32_t explored_run::choose(std::uint32_t count) noexcept {
  if (!deciding_ || count < 2 || pauses_ != 0) return 0;
  const std::uint32_t made = chooser_.choose(count);
  outcome_.made.push_back(made);
  return made;
}

void explored_run::settle(goroutine& self) noexcept {
  self.wait = nullptr;
  const std::uint64_t word = self.word.load(std::memory_order_relaxed);
  self.word.store(with_state(word, wait_state::claimed), std::memory_order_release);
  if (deciding_) {
    settling_.push_back(running_);
    awaited("settle", nullptr, effect::some);
    used_.add_everything();
  } else {
    home_.injected.push(&self);
  }
}

void explored_run::call_later(blocking_wait& function, goroutine& waiter,
                              std::uint64_t word) noexcept {
  calls_.push_back({&function, &waiter, word});
  if (footprints_) used_.wake(name_of(calls_.back()));
}

}  // namespace leash::detail
