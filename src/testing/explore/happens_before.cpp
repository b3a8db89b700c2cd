#include "testing/explore/happens_before.hpp"

#include <algorithm>

namespace leash::detail {

std::size_t happens_before::number_of(std::uint64_t who) {
  return numbers_.try_emplace(who, numbers_.size()).first->second;
}

void happens_before::join(vector_clock& into, const vector_clock& other) {
  if (into.size() < other.size()) into.resize(other.size());
  for (std::size_t i = 0; i < other.size(); ++i) into[i] = std::max(into[i], other[i]);
}

happens_before::vector_clock& happens_before::known_by(std::size_t who) {
  if (who >= known_.size()) known_.resize(who + 1);
  return known_[who];
}

void happens_before::wake_all_of(const step& by) {
  for (const std::uint64_t woken : by.used.woken()) join(known_by(number_of(woken)), by.clock);
}

void happens_before::keep(std::size_t kept) {
  steps_.resize(std::min(kept, steps_.size()));
  known_.clear();
  for (const step& each : steps_) {
    known_by(each.who) = each.clock;
    wake_all_of(each);
  }
}

void happens_before::add(std::uint64_t who, std::size_t node, const footprint& used) {
  step fresh{number_of(who), node, used, {}};
  before_last_ = known_by(fresh.who);
  fresh.clock = before_last_;
  for (const step& each : steps_)
    if (each.used.meets(used)) join(fresh.clock, each.clock);
  if (fresh.clock.size() <= fresh.who) fresh.clock.resize(fresh.who + 1);
  fresh.clock[fresh.who] = static_cast<std::uint32_t>(steps_.size() + 1);
  known_by(fresh.who) = fresh.clock;
  steps_.push_back(std::move(fresh));
  wake_all_of(steps_.back());
}

std::size_t happens_before::last_race(std::size_t before) const noexcept {
  const step& last = steps_.back();
  for (std::size_t i = std::min(before, steps_.size() - 1); i-- > 0;) {
    const step& each = steps_[i];
    if (each.who != last.who && i + 1 > at(before_last_, each.who) && each.used.meets(last.used))
      return i;
  }
  return none;
}

bool happens_before::leads_to_last(std::size_t who, std::size_t after) const noexcept {
  return at(before_last_, who) > after + 1;
}

bool happens_before::born_in(std::size_t index) const noexcept {
  const std::size_t last = steps_.back().who;
  const auto makes_last = [&](std::uint64_t woken) {
    const auto known = numbers_.find(woken);
    return known != numbers_.end() && known->second == last;
  };
  const auto& woken = steps_[index].used.woken();
  return std::any_of(woken.begin(), woken.end(), makes_last);
}

}  // namespace leash::detail
