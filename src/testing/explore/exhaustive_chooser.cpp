#include "testing/explore/exhaustive_chooser.hpp"

#include <algorithm>
#include <utility>

namespace leash::detail {

bool exhaustive_chooser::begin(std::uint64_t) {
  depth_ = 0;
  of_step_ = none_yet;
  step_ = 0;
  asleep_.clear();
  preempted_ = 0;
  if (begun_) look_for_disabled({});
  last_pick_ = none_yet;
  if (!begun_) {
    begun_ = true;
    return true;
  }
  while (!path_.empty()) {
    node& last = path_.back();
    if (last.of_steps && reduced_)
      last.asleep.push_back({last.who[last.chosen].who, std::move(last.used)});
    last.used.clear();
    const std::uint32_t next = next_of(last);
    if (next != none) {
      choose_in(last, next);
      order_.keep(last.steps_before);
      return true;
    }
    path_.pop_back();
  }
  return false;
}

bool exhaustive_chooser::may_be(const node& at, std::uint32_t index) const noexcept {
  if (!at.of_steps) return true;
  const alternative& other = at.who[index];
  if (preemptions_ && index != 0 && at.preempted >= *preemptions_ &&
      (at.who.front().goes_on || (other.timer && !at.who.front().timer)))
    return false;
  return std::none_of(at.asleep.begin(), at.asleep.end(),
                      [&](const sleeper& each) { return each.who == other.who; });
}

std::uint32_t exhaustive_chooser::next_of(const node& at) const noexcept {
  for (std::uint32_t i = 0; i < at.count; ++i)
    if (at.wanted[i] && !at.done[i] && may_be(at, i)) return i;
  return none;
}

void exhaustive_chooser::choose_in(node& at, std::uint32_t index) {
  at.chosen = index;
  at.done[index] = true;
}

std::uint32_t exhaustive_chooser::preemptions_after(const node& at) const noexcept {
  const alternative& first = at.who.front();
  const bool interrupted =
      at.chosen != 0 && (first.goes_on || (at.who[at.chosen].timer && !first.timer));
  return at.preempted + (interrupted ? 1 : 0);
}

std::uint32_t exhaustive_chooser::pick(std::span<const alternative> who) {
  look_for_disabled(who);
  last_pick_ = none_yet;
  if (depth_ == path_.size()) {
    node fresh{.count = static_cast<std::uint32_t>(who.size()), .of_steps = true};
    fresh.who.assign(who.begin(), who.end());
    fresh.asleep = asleep_;
    fresh.preempted = preempted_;
    fresh.steps_before = step_;
    fresh.wanted.assign(who.size(), true);
    fresh.done.assign(who.size(), false);
    const std::uint32_t first = next_of(fresh);
    if (first == none) return none;
    if (reduced_) {
      fresh.wanted.assign(who.size(), false);
      fresh.wanted[first] = true;
    }
    choose_in(fresh, first);
    path_.push_back(std::move(fresh));
  }
  last_pick_ = of_step_ = depth_;
  const node& here = path_[depth_++];
  // A program that does something else than before is found out by its choices.
  if (!here.of_steps || here.chosen >= who.size()) return none;
  asleep_ = here.asleep;
  preempted_ = preemptions_after(here);
  return here.chosen;
}

std::uint32_t exhaustive_chooser::choose(std::uint32_t count) {
  if (depth_ == path_.size()) {
    node fresh{.count = count};
    fresh.steps_before = step_;
    fresh.wanted.assign(count, true);
    fresh.done.assign(count, false);
    choose_in(fresh, 0);
    path_.push_back(std::move(fresh));
  }
  return std::min(path_[depth_++].chosen, count - 1);
}

void exhaustive_chooser::stepped(std::uint64_t who, const footprint& used) {
  if (!reduced_) return;
  const std::size_t node_of_step = std::exchange(of_step_, none_yet);
  if (node_of_step != none_yet) path_[node_of_step].used.add_all(used);
  std::erase_if(asleep_, [&](const sleeper& each) { return each.uses.meets(used); });
  // What was found out about the steps that this schedule repeats is known.
  if (step_ == order_.steps().size()) {
    order_.add(who, node_of_step == none_yet ? happens_before::none : node_of_step, used);
    look_for_races();
  }
  ++step_;
}

// Whether the step that was taken last could have come before another that it has to do with.
void exhaustive_chooser::look_for_races() {
  std::size_t race = happens_before::none;
  while ((race = order_.last_race(race)) != happens_before::none) {
    if (order_.steps()[race].node == happens_before::none) continue;  // there was no choice
    want_before(race);
    return;
  }
}

// Who could have taken a step before the last one, and cannot now, was kept from it by that one.
void exhaustive_chooser::look_for_disabled(std::span<const alternative> now) {
  if (last_pick_ == none_yet || !reduced_) return;
  node& before = path_[last_pick_];
  for (std::uint32_t i = 0; i < before.count; ++i)
    if (i != before.chosen &&
        std::ranges::find(now, before.who[i].who, &alternative::who) == now.end())
      before.wanted[i] = true;
}

void exhaustive_chooser::want_before(std::size_t index) {
  node& at = path_[order_.steps()[index].node];
  const std::size_t last = order_.steps().back().who;
  std::uint32_t found = none;
  for (std::uint32_t i = 0; i < at.count; ++i) {
    const std::size_t who = order_.number_of(at.who[i].who);
    if (who == last) {
      found = i;
      break;
    }
    if (!order_.leads_to_last(who, index)) continue;
    if (found == none || (at.wanted[i] && !at.wanted[found])) found = i;
  }
  if (found != none)
    at.wanted[found] = true;
  else if (!order_.born_in(index))
    at.wanted.assign(at.count, true);
}

}  // namespace leash::detail
