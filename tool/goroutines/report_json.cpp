#include <algorithm>
#include <cmath>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "goroutines/output.hpp"
#include "goroutines/saved_report.hpp"

namespace leash::tool {
namespace {

using json = nlohmann::ordered_json;

constexpr const char* format_name = "leash goroutines 1";

json or_null(const std::string& text) { return text.empty() ? json(nullptr) : json(text); }

json counts_of(const goroutines_report& report, const std::vector<std::int64_t>& counts) {
  json by_name = json::object();
  for (std::size_t i = 0; i < counts.size(); ++i)
    if (counts[i] != 0) by_name[report.instances[i]] = counts[i];
  return by_name;
}

json row_of(const goroutines_options& options, const goroutines_report& report,
            const site_row& row) {
  json shown{{"function", row.where.function},
             {"file", row.where.file},
             {"line", row.where.line},
             {"reason", row.where.reason},
             {"created", or_null(row.where.created)},
             {"entry", row.where.entry},
             {"total", row.total()},
             {"share", report.total == 0
                           ? 0
                           : static_cast<double>(row.total()) / static_cast<double>(report.total)},
             {"rms", std::round(row.rms() * 1000) / 1000},
             {"suspect", is_suspect(options, row)},
             {"waiting_s", row.waiting < 0 ? json(nullptr) : json(row.waiting)},
             {"instances", counts_of(report, row.counts)}};
  if (report.is_diff) {
    shown["growth"] = row.growth();
    shown["instances_before"] = counts_of(report, row.before);
  }
  return shown;
}

// The count of each instance that the site has, in one that read_report made.
void read_row(const json& row, snapshot& into) {
  site where{.function = row.at("function"),
             .file = row.at("file"),
             .line = row.at("line"),
             .reason = row.at("reason"),
             .created = row.at("created").is_null() ? "" : row.at("created").get<std::string>(),
             .entry = row.at("entry")};
  for (const auto& [name, count] : row.at("instances").items()) {
    const auto at =
        std::find_if(into.instances.begin(), into.instances.end(),
                     [&name = name](const looked_at& each) { return each.name == name; });
    if (at == into.instances.end())
      throw profile_error(fmt::format("it is damaged: {} is not among its instances", name));
    (*at->sites)[where].count = count.get<std::int64_t>();
  }
}

json rows_of(const goroutines_options& options, const goroutines_report& report) {
  const std::size_t shown =
      options.top == 0 ? report.rows.size() : std::min(options.top, report.rows.size());
  json sites = json::array();
  for (std::size_t i = 0; i < shown; ++i) sites.push_back(row_of(options, report, report.rows[i]));
  return sites;
}

}  // namespace

std::string json_of_leaks(const goroutines_options& options, const goroutines_report& leaks,
                          const goroutines_report& suspects) {
  json proven = rows_of(options, leaks);
  json suspected = rows_of(options, suspects);
  for (json* rows : {&proven, &suspected})
    for (json& row : *rows) row.erase("suspect");
  const json whole{{"format", "leash leaks 1"},
                   {"leaked", leaks.total},
                   {"suspected", suspects.total},
                   {"instances", leaks.instances},
                   {"failures", leaks.failures},
                   {"sites_left_out", leaks.rows.size() - proven.size()},
                   {"sites", std::move(proven)},
                   {"suspects_left_out", suspects.rows.size() - suspected.size()},
                   {"suspects", std::move(suspected)}};
  return whole.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

std::string json_of(const goroutines_options& options, const goroutines_report& report) {
  json sites = rows_of(options, report);
  const std::size_t shown = sites.size();
  json whole{{"format", format_name},
             {"goroutines", report.total},
             {"threshold", options.threshold},
             {"instances", report.instances},
             {"failures", report.failures}};
  if (report.is_diff) whole["goroutines_before"] = report.total_before;
  whole["sites_left_out"] = report.rows.size() - shown;
  whole["sites"] = std::move(sites);
  return whole.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

snapshot read_report(const std::string& text) {
  const json whole = json::parse(text, nullptr, false);
  if (whole.is_discarded()) throw profile_error("it is not JSON: it may have been cut off");
  try {
    if (!whole.contains("format") || whole["format"] != format_name)
      throw profile_error("it is not what leash goroutines --format json writes");
    if (whole.contains("goroutines_before"))
      throw profile_error("it is a difference itself; compare with what was saved without --diff");
    if (whole.at("sites_left_out") != 0)
      throw profile_error("it was written with --top: a comparison needs all sites");
    snapshot earlier;
    for (const json& name : whole.at("instances"))
      earlier.instances.push_back({.name = name.get<std::string>(),
                                   .sites = site_tallies{},
                                   .suspects = {},
                                   .failure = {}});
    for (const json& row : whole.at("sites")) read_row(row, earlier);
    return earlier;
  } catch (const json::exception&) {
    throw profile_error("it is damaged: a part of it is missing, or of another kind");
  }
}

}  // namespace leash::tool
