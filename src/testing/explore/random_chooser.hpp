#pragma once

#include <array>

#include "testing/explore/chooser.hpp"
#include "testing/explore/dice.hpp"

namespace leash::detail {

// By chance. Schedules differ in how inclined they are to let a goroutine go on, and to let time pass while somebody can run: some bugs
// need many switches, others a few at the right places.
class random_chooser final : public chooser {
 public:
  bool begin(std::uint64_t seed) override {
    dice_ = dice(seed);
    constexpr std::array<std::uint32_t, 4> stays{0, 0, 50, 85};
    constexpr std::array<std::uint32_t, 4> waits{0, 50, 80, 95};
    stays_ = stays[dice_.below(stays.size())];
    waits_ = waits[dice_.below(waits.size())];
    return true;
  }
  std::uint32_t pick(std::span<const alternative> who) override {
    auto count = static_cast<std::uint32_t>(who.size());
    if (count == 1) return 0;
    if (who.front().goes_on && is_true_in(stays_)) return 0;
    std::uint32_t timers = 0;
    while (timers < count && who[count - 1 - timers].timer) ++timers;
    if (timers != 0 && timers != count && is_true_in(waits_)) count -= timers;
    return dice_.below(count);
  }
  std::uint32_t choose(std::uint32_t count) override { return dice_.below(count); }

 private:
  bool is_true_in(std::uint32_t percent) noexcept { return dice_.below(100) < percent; }

  dice dice_{0};
  std::uint32_t stays_ = 0;  // in percent
  std::uint32_t waits_ = 0;
};

}  // namespace leash::detail
