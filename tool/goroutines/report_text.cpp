#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "goroutines/output.hpp"
#include "shown/chart.hpp"
#include "shown/grouped.hpp"

namespace leash::tool {
namespace {

constexpr std::size_t fewest_of_place = 12;  // columns that a file and line are not cut below
constexpr std::size_t most_instances = 4;    // named below a site

// A line below a site. In a narrow terminal it loses its beginning, behind `label`, or else its end.
struct note {
  std::string label;
  std::string text;
  bool keeps_end = false;
};

// A site as it is shown: its columns, of which the last two are the place and the function, and what stands
// below it.
struct shown_row {
  std::vector<std::string> columns;
  std::vector<note> below;
  bool suspect = false;
};

std::string plural(std::size_t count, const char* one, const char* many) {
  return fmt::format("{} {}", grouped(static_cast<std::int64_t>(count)), count == 1 ? one : many);
}

std::string blanks(std::size_t count) { return std::string(count, ' '); }

// At most so many columns of it: the end, which tells most of a path.
std::string end_of(const std::string& text, std::size_t columns) {
  if (display_width(text) <= columns) return text;
  std::size_t begin = 0;
  const auto is_inside_a_letter = [&] {
    return begin < text.size() && (static_cast<unsigned char>(text[begin]) & 0xc0) == 0x80;
  };
  while (is_inside_a_letter() || display_width(text.substr(begin)) + 1 > columns) ++begin;
  return "…" + text.substr(begin);
}

// At most so many columns of it: the beginning.
std::string beginning_of(std::string text, std::size_t columns) {
  if (display_width(text) <= columns) return text;
  while (!text.empty() && display_width(text) + 1 > columns) text.pop_back();
  // The last letter may have lost a part.
  while (!text.empty() && static_cast<unsigned char>(text.back()) >= 0x80) text.pop_back();
  return text + "…";
}

std::string waited(std::int64_t seconds) {
  if (seconds < 0) return "";
  if (seconds == 0) return "< 1 s";
  if (seconds < 60) return fmt::format("≥ {} s", seconds);
  if (seconds < 3600) return fmt::format("≥ {} min", seconds / 60);
  if (seconds < 86400) return fmt::format("≥ {} h", seconds / 3600);
  return fmt::format("≥ {} d", seconds / 86400);
}

std::string percent(std::int64_t part, std::int64_t whole) {
  if (whole <= 0 || part < 0) return "-";
  return fmt::format("{:.1f} %", 100 * static_cast<double>(part) / static_cast<double>(whole));
}

// Go's functions have their package's whole path.
std::string short_name(const std::string& function) {
  const std::size_t end = std::min(function.find_first_of("(["), function.size());
  const std::size_t slash = function.rfind('/', end);
  return slash == function.npos || function.find("::") != function.npos
             ? function
             : function.substr(slash + 1);
}

std::string with_sign(std::int64_t number) {
  return number > 0 ? "+" + grouped(number) : grouped(number);
}

// The instances with the most, or with the most growth.
std::string instances_of(const goroutines_report& report, const site_row& row) {
  const auto shown = [&](std::size_t i) {
    return report.is_diff ? saturated_sum(row.counts[i], -row.before[i]) : row.counts[i];
  };
  const auto is_first = [&](std::size_t i) { return shown(i) == shown(0); };
  std::vector<std::size_t> order(row.counts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (std::all_of(order.begin(), order.end(), is_first))
    return fmt::format("{} in each", report.is_diff ? with_sign(shown(0)) : grouped(shown(0)));
  std::erase_if(order, [&](std::size_t i) { return shown(i) == 0; });
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(shown(b), a) < std::pair(shown(a), b);
  });
  std::string text;
  for (std::size_t i = 0; i < std::min(order.size(), most_instances); ++i) {
    const std::int64_t count = shown(order[i]);
    text +=
        fmt::format("{}{} in {}", i == 0 ? "" : ", ",
                    report.is_diff ? with_sign(count) : grouped(count), report.instances[order[i]]);
  }
  if (order.size() > most_instances)
    text += fmt::format(", and {}", plural(order.size() - most_instances, "other", "others"));
  return text;
}

class table {
 public:
  table(const goroutines_options& options, const goroutines_report& report, const terminal& out)
      : report_(report), out_(out) {
    const bool several = report.instances.size() > 1;
    const bool waits = std::any_of(report.rows.begin(), report.rows.end(),
                                   [](const site_row& row) { return row.waiting >= 0; });
    add({"TOTAL", [](const site_row& row) { return grouped(row.total()); }});
    if (report.is_diff)
      add({"GROWTH", [](const site_row& row) { return with_sign(row.growth()); }});
    else
      add({"SHARE", [&](const site_row& row) { return percent(row.total(), report.total); }});
    if (several) add({"RMS", [](const site_row& row) { return fmt::format("{:.1f}", row.rms()); }});
    if (waits) add({"WAITING", [](const site_row& row) { return waited(row.waiting); }});
    add({"REASON", [](const site_row& row) { return row.where.reason; }, true});
    const std::size_t shown =
        options.top == 0 ? report.rows.size() : std::min(options.top, report.rows.size());
    for (std::size_t i = 0; i < shown; ++i) add_row(options, report.rows[i]);
  }

  std::string text() const {
    std::string text = line(headings(), {});
    for (const shown_row& row : rows_) {
      const bool coloured = row.suspect && out_.colours;
      text += coloured ? "\033[1;31m" : "";
      text += line(row, row.suspect ? "!" : "");
      if (coloured) text.insert(text.size() - 1, "\033[0m");
      for (const note& each : row.below) text += line(each);
    }
    return text;
  }
  bool has_suspects() const {
    return std::any_of(rows_.begin(), rows_.end(), [](const auto& row) { return row.suspect; });
  }

 private:
  struct column {
    const char* heading;
    std::function<std::string(const site_row&)> of;
    bool is_text = false;  // stands on the left
    std::size_t width = 0;
  };

  void add(column fresh) {
    fresh.width = display_width(fresh.heading);
    columns_.push_back(std::move(fresh));
  }

  void add_row(const goroutines_options& options, const site_row& row) {
    shown_row fresh;
    for (column& each : columns_) {
      fresh.columns.push_back(each.of(row));
      each.width = std::max(each.width, display_width(fresh.columns.back()));
    }
    fresh.columns.push_back(row.where.place());
    widest_place_ = std::max(widest_place_, display_width(fresh.columns.back()));
    fresh.columns.push_back(short_name(row.where.function));
    widest_function_ = std::max(widest_function_, display_width(fresh.columns.back()));
    fresh.suspect = is_suspect(options, row);
    if (!row.where.created.empty())
      fresh.below.push_back({"created at ", row.where.created, true});
    else if (row.where.entry != row.where.function)
      fresh.below.push_back({"in ", short_name(row.where.entry)});
    if (report_.instances.size() > 1) fresh.below.push_back({"", instances_of(report_, row)});
    rows_.push_back(std::move(fresh));
  }

  shown_row headings() const {
    shown_row row;
    for (const column& each : columns_) row.columns.emplace_back(each.heading);
    row.columns.emplace_back("WHERE");
    row.columns.emplace_back("");
    return row;
  }

  std::string line(const note& below) const {
    const std::size_t indent = indent_of_reason();
    const std::size_t used = indent + below.label.size();
    const std::size_t room =
        out_.columns > used + fewest_of_place ? out_.columns - used : fewest_of_place;
    const std::string text = !out_.is_terminal ? below.text
                             : below.keeps_end ? end_of(below.text, room)
                                               : beginning_of(below.text, room);
    return blanks(indent) + below.label + text + "\n";
  }

  std::size_t indent_of_reason() const {
    std::size_t indent = 2;
    for (const column& each : columns_)
      if (!each.is_text) indent += each.width + 2;
    return indent;
  }

  std::string line(const shown_row& row, const std::string& mark) const {
    std::string text = mark.empty() ? " " : mark;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const std::string gap = blanks(columns_[i].width - display_width(row.columns[i]));
      text += i == 0 ? " " : "  ";
      text += columns_[i].is_text ? row.columns[i] + gap : gap + row.columns[i];
    }
    // The function is what a reader needs: the path gives way to it.
    std::string place = row.columns[columns_.size()];
    const std::string& function = row.columns.back();
    std::size_t width = widest_place_;
    if (out_.is_terminal) {
      const std::size_t used = display_width(text) + 4 + widest_function_;
      width =
          std::min(width, std::max(out_.columns - std::min(out_.columns, used), fewest_of_place));
      place = end_of(place, width);
    }
    text += "  " + place;
    if (!function.empty())
      text += blanks(width - std::min(width, display_width(place))) + "  " + function;
    return text + "\n";
  }

  const goroutines_report& report_;
  const terminal& out_;
  std::vector<column> columns_;
  std::vector<shown_row> rows_;
  std::size_t widest_place_ = 0;
  std::size_t widest_function_ = 0;
};

std::string heading(const goroutines_options& options, const goroutines_report& report) {
  const std::size_t sites = report.rows.size();
  std::string text =
      fmt::format("{} goroutine{} in {}", grouped(report.total), report.total == 1 ? "" : "s",
                  plural(report.instances.size(), "instance", "instances"));
  if (report.is_diff)
    text += fmt::format(
        ", {} before; {}", grouped(report.total_before),
        sites == 0 ? "nothing has changed" : "changed at " + plural(sites, "site", "sites"));
  else
    text += fmt::format(", at {}", plural(sites, "site", "sites"));
  if (options.top != 0 && options.top < sites)
    text += fmt::format("; the first {} of them", options.top);
  return text + ".\n";
}

}  // namespace

bool is_suspect(const goroutines_options& options, const site_row& row) {
  return row.where.is_blocked() && row.most() >= options.threshold;
}

std::string text_of(const goroutines_options& options, const goroutines_report& report,
                    const terminal& out) {
  std::string text = heading(options, report);
  if (report.rows.empty()) return text;
  const table sites(options, report, out);
  text += "\n" + sites.text();
  if (sites.has_suspects())
    text += fmt::format("\n! a suspect: {} or more wait there in one instance (--threshold).\n",
                        grouped(options.threshold));
  return text;
}

std::string text_of_leaks(const goroutines_options& options, const goroutines_report& leaks,
                          const goroutines_report& suspects, const terminal& out) {
  const std::string where = plural(leaks.instances.size(), "instance", "instances");
  std::string text =
      leaks.rows.empty()
          ? fmt::format("Nothing is proven to be leaked in {}.\n", where)
          : fmt::format("{} in {} can never run again, at {}.\n\n{}",
                        plural(static_cast<std::size_t>(leaks.total), "goroutine", "goroutines"),
                        where, plural(leaks.rows.size(), "site", "sites"),
                        table(options, leaks, out).text());
  if (!suspects.rows.empty())
    text += fmt::format(
        "\nSuspects, which may be in order: {} at {}. leash why says what each waits for.\n\n{}",
        plural(static_cast<std::size_t>(suspects.total), "goroutine", "goroutines"),
        plural(suspects.rows.size(), "site", "sites"), table(options, suspects, out).text());
  return text;
}

}  // namespace leash::tool
