#pragma once

#include <string>

#include "bench/bench_options.hpp"
#include "bench/bench_results.hpp"

namespace leash::tool {

// What a run came to.
struct bench_report {
  bench_report(const bench_results& results, bool was_interrupted);

  const arm_tally& tally(arm which) const { return tallies[static_cast<std::size_t>(which)]; }
  const latencies& times(arm which) const { return sorted[static_cast<std::size_t>(which)]; }
  // Whether nobody answered at all, of those that ended.
  bool is_failure() const;

  std::array<arm_tally, arms.size()> tallies;
  std::array<latencies, arms.size()> sorted;
  std::optional<std::chrono::nanoseconds> measured_hedge_delay;
  bool interrupted;
};

// The percentiles that are told, in percent.
inline constexpr std::array<double, 5> percentiles{50, 90, 95, 99, 99.9};

// How many requests were sent beyond one for each race that ended, in percent; 0 when none did.
double extra_load(const bench_report& report);

// When a race asks its next URL, in words.
std::string hedging_of(const bench_options& options, const bench_report& report);

std::string text_of(const bench_options& options, const bench_report& report);
std::string json_of(const bench_options& options, const bench_report& report);

}  // namespace leash::tool
