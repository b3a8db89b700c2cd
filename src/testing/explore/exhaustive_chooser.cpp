#include "testing/explore/exhaustive_chooser.hpp"

#include <algorithm>

namespace leash::detail {

bool exhaustive_chooser::begin(std::uint64_t) {
  depth_ = 0;
  of_step_ = none_yet;
  asleep_.clear();
  preempted_ = 0;
  if (!begun_) {
    begun_ = true;
    return true;
  }
  while (!path_.empty()) {
    node& last = path_.back();
    if (last.of_steps && sleep_sets_)
      last.asleep.push_back({last.who[last.chosen].who, std::move(last.used)});
    last.used.clear();
    const std::uint32_t next = next_of(last, last.chosen + 1);
    if (next != none) {
      last.chosen = next;
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

std::uint32_t exhaustive_chooser::next_of(const node& at, std::uint32_t from) const noexcept {
  for (std::uint32_t i = from; i < at.count; ++i)
    if (may_be(at, i)) return i;
  return none;
}

std::uint32_t exhaustive_chooser::preemptions_after(const node& at) const noexcept {
  const alternative& first = at.who.front();
  const bool interrupted =
      at.chosen != 0 && (first.goes_on || (at.who[at.chosen].timer && !first.timer));
  return at.preempted + (interrupted ? 1 : 0);
}

std::uint32_t exhaustive_chooser::pick(std::span<const alternative> who) {
  if (depth_ == path_.size()) {
    node fresh{.count = static_cast<std::uint32_t>(who.size()), .of_steps = true};
    fresh.who.assign(who.begin(), who.end());
    fresh.asleep = asleep_;
    fresh.preempted = preempted_;
    fresh.chosen = next_of(fresh, 0);
    if (fresh.chosen == none) return none;
    path_.push_back(std::move(fresh));
  }
  of_step_ = depth_;
  node& here = path_[depth_++];
  // A program that does something else than before is found out by its choices.
  if (here.chosen >= who.size()) return none;
  asleep_ = here.asleep;
  if (!here.who.empty()) preempted_ = preemptions_after(here);
  return here.chosen;
}

std::uint32_t exhaustive_chooser::choose(std::uint32_t count) {
  if (depth_ == path_.size()) path_.push_back({.count = count});
  return std::min(path_[depth_++].chosen, count - 1);
}

void exhaustive_chooser::stepped(const footprint& used) {
  if (of_step_ == none_yet || !sleep_sets_) return;
  node& here = path_[of_step_];
  here.used.add_all(used);
  std::erase_if(asleep_, [&](const sleeper& each) { return each.uses.meets(used); });
}

}  // namespace leash::detail
