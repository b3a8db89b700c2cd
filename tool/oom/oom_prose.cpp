#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "oom/oom.hpp"
#include "shown/chart.hpp"
#include "shown/grouped.hpp"
#include "shown/standard_streams.hpp"
#include "shown/terminal.hpp"

namespace leash::tool {
namespace {

template <class... A>
void line(std::string_view text, const A&... measured) {
  fmt::print("{}\n", fmt::format(fmt::runtime(text), measured...));
}

std::string size_of(std::uint64_t bytes) {
  constexpr std::uint64_t mebibyte = 1 << 20;
  if (bytes % mebibyte == 0) return fmt::format("{} MiB", bytes / mebibyte);
  return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / mebibyte);
}

double seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

chart curve_of(const oom_trial& trial, std::uint64_t oom_sample::* what) {
  chart drawn;
  for (const oom_sample& each : trial.samples)
    drawn.points.push_back({seconds(each.at), static_cast<double>(each.*what)});
  drawn.cut_off =
      trial.end == service_end::killed_by_kernel || trial.end == service_end::killed_by_watcher;
  return drawn;
}

// Below so many columns of a terminal the curves stand under each other.
constexpr std::size_t columns_for_both = 60;

// Both curves. The cured service is drawn to the leaky one's scales.
void print_curves(const oom_texts& say, const oom_report& report, const oom_trial& trial) {
  const std::uint64_t most = std::max<std::uint64_t>(report.leaky.samples.back().goroutines, 1);
  const double x_end = std::max({seconds(report.leaky.lasted()), seconds(trial.lasted()), 1e-3});
  chart count = curve_of(trial, &oom_sample::goroutines);
  count.title = say.goroutines;
  count.y_end = static_cast<double>(most);
  count.y_label = grouped(most);
  chart memory = curve_of(trial, &oom_sample::resident_bytes);
  memory.title = say.memory;
  memory.y_end = static_cast<double>(report.limit);
  memory.y_label = size_of(report.limit);
  count.x_end = memory.x_end = x_end;
  count.x_label = memory.x_label = fmt::format("{:.1f} s", x_end);

  const terminal out = terminal::of(STDOUT_FILENO);
  const bool beside = out.columns >= columns_for_both;
  const std::size_t columns = beside ? (out.columns - 1) / 2 : out.columns;
  const std::size_t rows = out.lines >= 36 && beside ? 10 : 5;
  std::vector<std::string> drawn = draw(count, columns, rows);
  const std::vector<std::string> second = draw(memory, columns, rows);
  for (std::size_t i = 0; beside && i < drawn.size(); ++i) drawn[i] += " " + second[i];
  if (!beside) drawn.insert(drawn.end(), second.begin(), second.end());
  const std::string_view colour = trial.plan.slots == 0 ? "\033[31m" : "\033[32m";
  for (const std::string_view each : drawn)
    line("{}{}{}", out.colours ? colour : "", each.substr(0, each.find_last_not_of(' ') + 1),
         out.colours ? "\033[0m" : "");
}

}  // namespace

void print_beginning(const oom_texts& say, const oom_options& options) {
  line("{}\n", say.title);
  line(say.setting, quick_engine.count(), slow_engine.count(), size_of(options.limit));
  flush_standard_output();
}

void print_trial(const oom_texts& say, const oom_report& report, bool cured) {
  const oom_trial& trial = cured ? report.cured : report.leaky;
  const oom_sample& last = trial.samples.back();
  line("\n── {}", say.headings[cured ? 1 : 0]);
  print_curves(say, report, trial);
  line(say.ends[static_cast<std::size_t>(trial.end)], fmt::format("{:.1f}", seconds(last.at)),
       grouped(last.races), grouped(static_cast<std::uint64_t>(trial.races_a_second())));
  if (!cured && trial.group_version != 0) line(say.group, trial.group_version);
  line(say.counts, trial.goroutines_before, last.goroutines);
  line(say.held, size_of(last.resident_bytes), size_of(trial.most_resident()));
  flush_standard_output();
}

void print_end(const oom_texts& say, const oom_report& report) {
  line("\n── {}", say.gigabyte);
  if (const double bytes = bytes_per_leaked(report.leaky); bytes > 0)
    line(say.leash_row, bytes, seconds_of_a_gigabyte(bytes) / 60);
  line(say.go_row, seconds_of_a_gigabyte(go_bytes_per_leaked) / 60);
  line("\n{}", say.closing);
  flush_standard_output();
}

}  // namespace leash::tool
