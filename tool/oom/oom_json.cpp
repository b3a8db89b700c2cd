#include <array>
#include <string_view>

#include <nlohmann/json.hpp>

#include "oom/oom.hpp"
#include "shown/milliseconds.hpp"

namespace leash::tool {
namespace {

using json = nlohmann::ordered_json;

std::string_view name_of(service_end end) {
  constexpr std::array<std::string_view, service_ends> names{
      "killed_by_kernel", "killed_by_watcher", "alive", "outlasted", "failed"};
  return names[static_cast<std::size_t>(end)];
}

json json_of(const oom_trial& trial) {
  json samples = json::array();
  for (const oom_sample& each : trial.samples)
    samples.push_back({{"ms", exact_ms(each.at)},
                       {"races", each.races},
                       {"goroutines", each.goroutines},
                       {"live_bytes", each.live_bytes},
                       {"resident_bytes", each.resident_bytes}});
  return {{"slots", trial.plan.slots},
          {"end", name_of(trial.end)},
          {"cgroup_version", trial.group_version},
          {"kernel_kills", trial.kernel_kills},
          {"ms", exact_ms(trial.lasted())},
          {"races", trial.samples.back().races},
          {"races_per_second", trial.races_a_second()},
          {"goroutines",
           {{"before", trial.goroutines_before}, {"after", trial.samples.back().goroutines}}},
          {"most_resident_bytes", trial.most_resident()},
          {"samples", std::move(samples)}};
}

}  // namespace

std::string json_of(const oom_report& report) {
  const double bytes = bytes_per_leaked(report.leaky);
  const json whole{
      {"limit_bytes", report.limit},
      {"leaky", json_of(report.leaky)},
      {"cured", json_of(report.cured)},
      {"bytes_per_leaked_goroutine", {{"leash", bytes}, {"go_1_27", go_bytes_per_leaked}}},
      {"gigabyte_lasts_seconds_at_1000_races_per_second",
       {{"leash", bytes > 0 ? json(seconds_of_a_gigabyte(bytes)) : json(nullptr)},
        {"go_1_27", seconds_of_a_gigabyte(go_bytes_per_leaked)}}}};
  return whole.dump(2);
}

}  // namespace leash::tool
