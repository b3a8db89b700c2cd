#include "bench/latency_chart.hpp"

#include <algorithm>
#include <cmath>
#include <initializer_list>

#include <fmt/format.h>

#include "shown/duration.hpp"

namespace leash::tool {
namespace {

// Of a curve. A picture does not show more.
constexpr std::size_t most_points = 600;

double seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

// `x y` lines: x is 1 / (the share that took at least so long), from 1 on.
std::string curve(const char* name, const latencies& measured) {
  std::string lines = fmt::format("${} << EOD\n", name);
  const auto count = static_cast<double>(measured.size());
  std::size_t next = 0;
  for (std::size_t i = 0; i <= most_points; ++i) {
    const double at = std::pow(count, static_cast<double>(i) / most_points);
    const auto rank = std::min(measured.size() - 1, static_cast<std::size_t>(count * (1 - 1 / at)));
    if (rank < next) continue;  // has its point
    next = rank + 1;
    lines += fmt::format("{:.9g} {:.9g}\n", count / (count - static_cast<double>(rank)),
                         seconds(measured[rank]));
  }
  // What took the longest is every percentile from its own on.
  lines +=
      fmt::format("{:.9g} {:.9g}\n", std::max(count, 2.0), seconds(measured[measured.size() - 1]));
  return lines + "EOD\n";
}

struct range {
  double low;
  double high;
};

// Of all latencies, in seconds.
range times_of(const bench_report& report) {
  range all{1e9, 0};
  for (const arm which : arms) {
    const latencies& measured = report.times(which);
    if (measured.empty()) continue;
    all.low = std::min(all.low, seconds(measured[0]));
    all.high = std::max(all.high, seconds(measured[measured.size() - 1]));
  }
  return all;
}

// 1, 2 and 5 times the powers of ten from the one below the range to the one above it; the range grows to
// them.
std::string time_tics(range& times) {
  std::string tics;
  double below = 0;
  double above = 0;
  for (int power = -9; power < 9; ++power)
    for (const int digit : {1, 2, 5}) {
      const double at = digit * std::pow(10, power);
      if (at <= times.low) below = at;
      if (at > times.high && above == 0) above = at;
    }
  for (int power = -9; power < 9; ++power)
    for (const int digit : {1, 2, 5}) {
      const double at = digit * std::pow(10, power);
      if (at < below * 0.99 || at > above * 1.01) continue;
      const char* const unit = power < -3 ? "µs" : power < 0 ? "ms" : "s";
      const double scale = power < -3 ? 1e6 : power < 0 ? 1e3 : 1;
      tics += fmt::format("{}'{:g} {}' {:g}", tics.empty() ? "" : ", ", at * scale, unit, at);
    }
  times = {below, above};
  return tics;
}

std::string percentile_tics(double end) {
  std::string tics = "'min' 1, 'p50' 2, 'p75' 4, 'p90' 10, 'p95' 20";
  std::string nines = "99";
  for (double at = 100; at <= end * 1.01; at *= 10) {
    tics += fmt::format(", 'p{}' {:g}", nines, at);
    nines += nines.size() == 2 ? ".9" : "9";
  }
  return tics;
}

std::string load_of(const bench_options& options) {
  return options.rate > 0 ? fmt::format("{} a second on schedule", options.rate)
                          : fmt::format("{} at a time", options.concurrency);
}

}  // namespace

std::string latency_chart(const bench_options& options, const bench_report& report) {
  range times = times_of(report);
  const std::string tics = time_tics(times);
  const auto most = static_cast<double>(
      std::max(report.times(arm::alone).size(), report.times(arm::racing).size()));
  std::string script = "set encoding utf8\n";
  std::string plots;
  const auto add = [&](const char* name, arm which, const char* colour, const std::string& title) {
    const latencies& measured = report.times(which);
    if (measured.empty()) return;
    script += curve(name, measured);
    plots += fmt::format("{}${} with lines lw 2.5 lc rgb '{}' title '{}'",
                         plots.empty() ? "" : ", ", name, colour, title);
  };
  add("alone", arm::alone, "#c2410c", "the first URL alone");
  add("racing", arm::racing, "#0369a1",
      fmt::format("{} URLs raced, {}", options.raced.urls.size(), hedging_of(options, report)));
  script += fmt::format(
      "set terminal svg size 900,540 dynamic noenhanced font 'sans-serif,15' background '#ffffff'\n"
      "set xlabel 'percentile of answers, {}'\n"
      "set ylabel 'latency'\n"
      "set logscale xy\n"
      "set xrange [1:{:g}]\n"
      "set yrange [{:g}:{:g}]\n"
      "set xtics ({})\n"
      "set ytics ({})\n"
      "set grid xtics ytics lc rgb '#d4d4d8' lw 0.8 lt 1\n"
      "set border 3 lc rgb '#52525b'\n"
      "set tics nomirror textcolor rgb '#27272a'\n"
      "set key tmargin left vertical maxrows 2 reverse Left samplen 2\n"
      "plot {}\n",
      load_of(options), std::max(most, 2.0), times.low, times.high, percentile_tics(most), tics,
      plots);
  return script;
}

}  // namespace leash::tool
