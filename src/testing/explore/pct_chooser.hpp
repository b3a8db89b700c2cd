#pragma once

#include <unordered_map>
#include <vector>

#include "testing/explore/chooser.hpp"
#include "testing/explore/dice.hpp"

namespace leash::detail {

// By priorities: who has the highest of those who can take the next step does; depth - 1 times it is made the lowest of all then.
// A goroutine's is drawn when it is first seen, so is a timer's. How long the program is has to be guessed: each schedule guesses
// another power of two. What comes after is by chance: otherwise who goes round for ever could keep the others from ever going on.
class pct_chooser final : public chooser {
 public:
  explicit pct_chooser(std::uint32_t depth) : depth_(depth == 0 ? 1 : depth) {}

  bool begin(std::uint64_t seed) override {
    dice_ = dice(seed);
    priorities_.clear();
    step_ = 0;
    lowest_ = 0;
    constexpr std::uint32_t shortest = 3;
    constexpr std::uint32_t lengths = 8;
    length_ = std::uint32_t{1} << (shortest + dice_.below(lengths));
    changes_.clear();
    for (std::uint32_t i = 1; i < depth_; ++i) changes_.push_back(dice_.below(length_));
    return true;
  }
  std::uint32_t pick(std::span<const alternative> who) override {
    if (step_ >= length_) return dice_.below(static_cast<std::uint32_t>(who.size()));
    const std::uint32_t first = highest(who);
    for (const std::uint32_t change : changes_)
      if (change == step_) priorities_[who[first].who] = --lowest_;
    ++step_;
    return highest(who);
  }
  std::uint32_t choose(std::uint32_t count) override { return dice_.below(count); }

 private:
  std::int64_t priority_of(std::uint64_t who) {
    const auto [at, fresh] = priorities_.try_emplace(who, 0);
    if (fresh) at->second = static_cast<std::int64_t>(dice_.next() >> 1) | 1;
    return at->second;
  }
  std::uint32_t highest(std::span<const alternative> who) {
    std::uint32_t best = 0;
    for (std::uint32_t i = 1; i < who.size(); ++i)
      if (priority_of(who[i].who) > priority_of(who[best].who)) best = i;
    return best;
  }

  const std::uint32_t depth_;
  dice dice_{0};
  std::unordered_map<std::uint64_t, std::int64_t> priorities_;
  std::vector<std::uint32_t> changes_;  // the steps at which a priority changes
  std::uint32_t length_ = 0;
  std::uint32_t step_ = 0;
  std::int64_t lowest_ = 0;
};

}  // namespace leash::detail
