#include "bench/bench_report.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "shown/duration.hpp"

namespace leash::tool {

bench_report::bench_report(const bench_results& results, bool was_interrupted)
    : tallies{results.tally(arm::alone), results.tally(arm::racing)},
      sorted{results.sorted(arm::alone), results.sorted(arm::racing)},
      measured_hedge_delay(results.hedge_delay()),
      interrupted(was_interrupted) {}

bool bench_report::is_failure() const {
  return std::all_of(tallies.begin(), tallies.end(),
                     [](const arm_tally& each) { return each.answered == 0; });
}

double extra_load(const bench_report& report) {
  const arm_tally& racing = report.tally(arm::racing);
  const std::size_t races = racing.answered + racing.failed;
  if (races == 0) return 0;
  return 100 * (static_cast<double>(racing.sent()) / static_cast<double>(races) - 1);
}

std::string hedging_of(const bench_options& options, const bench_report& report) {
  if (report.measured_hedge_delay)
    return fmt::format("the next asked after {} (p95 of the first alone)",
                       shown_duration(*report.measured_hedge_delay));
  if (options.hedge_at_p95) return "the next asked after the p95 of the first alone";
  const auto delay = options.raced.hedge_delay;
  return delay == delay.zero() ? "all asked at once"
                               : fmt::format("the next asked after {}", shown_duration(delay));
}

}  // namespace leash::tool
