#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include <fmt/format.h>

#include "bench/bench_report.hpp"
#include "bench/load_plan.hpp"
#include "shown/chart.hpp"
#include "shown/duration.hpp"

namespace leash::tool {
namespace {

constexpr std::size_t label_columns = 18;
constexpr std::size_t value_columns = 14;

std::string right_aligned(const std::string& text, std::size_t columns) {
  const std::size_t width = display_width(text);
  return std::string(width < columns ? columns - width : 0, ' ') + text;
}

// A label, a value for each arm, and a remark.
std::string row(const std::string& label, const std::string& alone, const std::string& racing,
                const std::string& remark = {}) {
  std::string line = fmt::format("{:<{}}", label, label_columns) +
                     right_aligned(alone, value_columns) + right_aligned(racing, value_columns);
  if (!remark.empty()) line += right_aligned(remark, value_columns - 2);
  return line + "\n";
}

std::string count_row(const char* label, const bench_report& report, auto count) {
  return row(label, std::to_string(count(report.tally(arm::alone))),
             std::to_string(count(report.tally(arm::racing))));
}

std::string plural(std::size_t count, const char* one, const char* many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string heading(const bench_options& options, const bench_report& report) {
  const std::size_t turns = plan_load(options).size() / arms.size();
  const std::string load = options.rate > 0
                               ? fmt::format("{} a second on schedule, at most {} at a time",
                                             options.rate, options.concurrency)
                               : fmt::format("{} at a time", options.concurrency);
  const std::string amount =
      options.duration > options.duration.zero()
          ? fmt::format("{} of each", shown_duration(options.duration))
          : fmt::format("{} of each", plural(options.requests, "request", "requests"));
  std::string text =
      fmt::format("URL 1 alone, and {} raced: {}.\n{}, {}, in {}.\n",
                  plural(options.raced.urls.size(), "URL", "URLs"), hedging_of(options, report),
                  amount, load, plural(turns, "turn", "turns"));
  if (report.interrupted)
    text += "Interrupted: this is what was measured until then, without the requests under way.\n";
  return text + "\n";
}

std::string change(std::chrono::nanoseconds from, std::chrono::nanoseconds to) {
  const double percent =
      100 * (static_cast<double>(to.count()) / static_cast<double>(from.count()) - 1);
  const auto whole = std::lround(percent);
  return whole == 0 ? "0 %" : fmt::format("{:+} %", whole);
}

std::string times(const bench_report& report) {
  const latencies& alone = report.times(arm::alone);
  const latencies& racing = report.times(arm::racing);
  const auto shown = [](const latencies& of, double percent) {
    return of.empty() ? std::string("-") : shown_duration(of.percentile(percent));
  };
  std::string text;
  for (const double percent : percentiles) {
    const bool both = !alone.empty() && !racing.empty();
    text += row(fmt::format("p{}", percent), shown(alone, percent), shown(racing, percent),
                both ? change(alone.percentile(percent), racing.percentile(percent)) : "");
  }
  return text;
}

std::string rates(const bench_options& options, const bench_report& report) {
  if (options.rate > 0) return {};  // it was chosen
  const auto rate = [](const arm_tally& of) {
    const double seconds = std::chrono::duration<double>(of.busy).count();
    return seconds > 0 ? fmt::format("{:.0f}", static_cast<double>(of.answered) / seconds) : "-";
  };
  return row("answers a second", rate(report.tally(arm::alone)), rate(report.tally(arm::racing)));
}

std::string urls(const bench_options& options, const bench_report& report) {
  const arm_tally& racing = report.tally(arm::racing);
  std::string text = fmt::format("\nIn the races\n{:>10}{:>10}\n", "sent", "won");
  for (std::size_t i = 0; i < racing.urls.size(); ++i) {
    const url_tally& each = racing.urls[i];
    const double share = racing.answered == 0 ? 0
                                              : 100 * static_cast<double>(each.won) /
                                                    static_cast<double>(racing.answered);
    text += fmt::format("{:>10}{:>10}{:>8.1f} %  {} {}\n", each.sent, each.won, share, i + 1,
                        options.raced.urls[i]);
  }
  return text;
}

struct failure_count {
  std::size_t alone = 0;
  std::size_t racing = 0;
  std::string sentence;

  std::size_t all() const noexcept { return alone + racing; }
};

// The most frequent first.
std::vector<failure_count> failure_counts(const bench_report& report) {
  std::map<std::string, failure_count> known;
  for (const auto& [sentence, count] : report.tally(arm::alone).failures)
    known[sentence].alone = count;
  for (const auto& [sentence, count] : report.tally(arm::racing).failures)
    known[sentence].racing = count;
  std::vector<failure_count> counts;
  for (auto& [sentence, count] : known) counts.push_back({count.alone, count.racing, sentence});
  std::sort(counts.begin(), counts.end(), [](const failure_count& a, const failure_count& b) {
    return std::tuple(b.all(), a.sentence) < std::tuple(a.all(), b.sentence);
  });
  return counts;
}

std::string failures(const bench_report& report) {
  const std::vector<failure_count> counts = failure_counts(report);
  if (counts.empty()) return {};
  std::string text = fmt::format("\nRequests that failed\n{:>10}{:>10}\n", "alone", "racing");
  for (const failure_count& each : counts)
    text += fmt::format("{:>10}{:>10}  {}\n", each.alone, each.racing, each.sentence);
  return text;
}

std::string notes(const bench_report& report) {
  std::string text;
  const auto few = [](const latencies& of) { return !of.empty() && of.size() < 1000; };
  if (few(report.times(arm::alone)) || few(report.times(arm::racing)))
    text += "\np99.9 of fewer than 1000 answers is the slowest of them.\n";
  return text;
}

}  // namespace

std::string text_of(const bench_options& options, const bench_report& report) {
  std::string text = heading(options, report);
  text += row("", "URL 1 alone", "racing", "change");
  text += times(report);
  text += count_row("answered", report, [](const arm_tally& of) { return of.answered; });
  text += count_row("failed", report, [](const arm_tally& of) { return of.failed; });
  if (report.tally(arm::alone).waited + report.tally(arm::racing).waited > 0)
    text += count_row("waited for a place", report, [](const arm_tally& of) { return of.waited; });
  if (report.tally(arm::alone).unfinished() + report.tally(arm::racing).unfinished() > 0)
    text += count_row("under way", report, [](const arm_tally& of) { return of.unfinished(); });
  text += count_row("requests sent", report, [](const arm_tally& of) { return of.sent(); });
  text += row("extra load", "", fmt::format("{:.1f} %", extra_load(report)));
  text += rates(options, report);
  text += urls(options, report);
  text += failures(report);
  return text + notes(report);
}

}  // namespace leash::tool
