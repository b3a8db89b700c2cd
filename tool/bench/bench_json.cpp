#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/bench_report.hpp"
#include "bench/load_plan.hpp"
#include "shown/milliseconds.hpp"

namespace leash::tool {
namespace {

using json = nlohmann::ordered_json;

json times_of(const latencies& measured) {
  json times = json::object();
  if (measured.empty()) return times;
  times["min"] = exact_ms(measured[0]);
  for (const double percent : percentiles)
    times[fmt::format("p{}", percent)] = exact_ms(measured.percentile(percent));
  times["max"] = exact_ms(measured[measured.size() - 1]);
  return times;
}

json arm_of(const bench_options& options, const bench_report& report, arm which) {
  const arm_tally& tally = report.tally(which);
  json urls = json::array();
  for (std::size_t i = 0; i < tally.urls.size(); ++i)
    urls.push_back(
        {{"url", options.raced.urls[i]}, {"sent", tally.urls[i].sent}, {"won", tally.urls[i].won}});
  json failures = json::array();
  for (const auto& [sentence, count] : tally.failures)
    failures.push_back({{"error", sentence}, {"count", count}});
  return {{"latency_ms", times_of(report.times(which))},
          {"answered", tally.answered},
          {"failed", tally.failed},
          {"waited", tally.waited},
          {"unfinished", tally.unfinished()},
          {"sent", tally.sent()},
          {"busy_ms", exact_ms(tally.busy)},
          {"urls", std::move(urls)},
          {"failures", std::move(failures)}};
}

json load_of(const bench_options& options, const bench_report& report) {
  json load = json::object();
  if (options.rate > 0) load["rate"] = options.rate;
  load["concurrency"] = options.concurrency;
  if (options.duration > options.duration.zero())
    load["duration_ms"] = exact_ms(options.duration);
  else
    load["requests"] = options.requests;
  load["turns"] = plan_load(options).size() / arms.size();
  const bool is_measured = report.measured_hedge_delay.has_value();
  load["hedge_delay_ms"] =
      exact_ms(is_measured ? *report.measured_hedge_delay : options.raced.hedge_delay);
  load["hedge_delay_is_p95"] = options.hedge_at_p95;
  return load;
}

}  // namespace

std::string json_of(const bench_options& options, const bench_report& report) {
  const json whole{{"interrupted", report.interrupted},
                   {"load", load_of(options, report)},
                   {"alone", arm_of(options, report, arm::alone)},
                   {"racing", arm_of(options, report, arm::racing)},
                   {"extra_load_percent", extra_load(report)}};
  return whole.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace leash::tool
