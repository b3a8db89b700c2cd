#include "goroutines/report.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include <fmt/format.h>

namespace leash::tool {
namespace {

std::int64_t sum_of(const std::vector<std::int64_t>& counts) noexcept {
  std::int64_t sum = 0;
  for (const std::int64_t each : counts) sum = saturated_sum(sum, each);
  return sum;
}

// Counts one instance in the rows, as number `index` of `size`.
void add_to(std::map<site, site_row>& rows, const site_tallies& sites, std::size_t index,
            std::size_t size, std::vector<std::int64_t> site_row::* into) {
  for (const auto& [where, tally] : sites) {
    site_row& row = rows[where];
    (row.*into).resize(size);
    (row.*into)[index] = tally.count;
    // How long somebody waited then says nothing of now.
    if (into == &site_row::counts) row.waiting = std::max(row.waiting, tally.waiting);
  }
}

void rank(std::map<site, site_row>&& by_site, goroutines_report& report) {
  const std::size_t size = report.instances.size();
  for (auto& [where, row] : by_site) {
    row.where = where;
    row.counts.resize(size);
    if (report.is_diff) row.before.resize(size);
    report.total = saturated_sum(report.total, row.total());
    report.total_before = saturated_sum(report.total_before, sum_of(row.before));
    const bool has_changed = !report.is_diff || row.counts != row.before;
    if (has_changed) report.rows.push_back(std::move(row));
  }
  std::sort(report.rows.begin(), report.rows.end(), [](const site_row& a, const site_row& b) {
    return std::tuple(b.rms(), b.growth(), b.total(), std::tie(a.where)) <
           std::tuple(a.rms(), a.growth(), a.total(), std::tie(b.where));
  });
}

const looked_at* find(const snapshot& among, const std::string& name) {
  const auto found =
      std::find_if(among.instances.begin(), among.instances.end(),
                   [&](const looked_at& each) { return each.name == name && each.sites; });
  return found == among.instances.end() ? nullptr : &*found;
}

}  // namespace

std::int64_t site_row::total() const noexcept { return sum_of(counts); }

std::int64_t site_row::growth() const noexcept {
  return before.empty() ? 0 : saturated_sum(total(), -sum_of(before));
}

std::int64_t site_row::most() const noexcept {
  return counts.empty() ? 0 : *std::max_element(counts.begin(), counts.end());
}

double site_row::rms() const noexcept {
  if (counts.empty()) return 0;
  double squares = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    auto count = static_cast<double>(counts[i]);
    if (!before.empty()) count -= static_cast<double>(before[i]);
    // Where there are fewer now, nothing has leaked.
    count = std::max(count, 0.0);
    squares += count * count;
  }
  return std::sqrt(squares / static_cast<double>(counts.size()));
}

goroutines_report report_of(const snapshot& now) {
  goroutines_report report;
  std::vector<const site_tallies*> read;
  for (const looked_at& each : now.instances) {
    if (!each.sites) {
      report.failures.push_back(each.failure);
      continue;
    }
    report.instances.push_back(each.name);
    read.push_back(&*each.sites);
  }
  std::map<site, site_row> rows;
  for (std::size_t i = 0; i < read.size(); ++i)
    add_to(rows, *read[i], i, read.size(), &site_row::counts);
  rank(std::move(rows), report);
  return report;
}

goroutines_report suspects_of(const snapshot& now) {
  snapshot apart;
  for (const looked_at& each : now.instances)
    if (each.sites)
      apart.instances.push_back(
          {.name = each.name, .sites = each.suspects, .suspects = {}, .failure = {}});
  return report_of(apart);
}

goroutines_report difference(const snapshot& before, const snapshot& now) {
  goroutines_report report;
  report.is_diff = true;
  std::vector<std::pair<const site_tallies*, const site_tallies*>> read;
  for (const looked_at& each : now.instances) {
    if (!each.sites) {
      report.failures.push_back(each.failure);
      continue;
    }
    const looked_at* const then = find(before, each.name);
    if (then == nullptr) {
      const auto failed =
          std::find_if(before.instances.begin(), before.instances.end(),
                       [&](const looked_at& other) { return other.name == each.name; });
      report.failures.push_back(
          failed == before.instances.end()
              ? fmt::format("{}: it is not in what it is to be compared with", each.name)
              : failed->failure);
      continue;
    }
    report.instances.push_back(each.name);
    read.emplace_back(&*then->sites, &*each.sites);
  }
  std::map<site, site_row> rows;
  for (std::size_t i = 0; i < read.size(); ++i) {
    add_to(rows, *read[i].first, i, read.size(), &site_row::before);
    add_to(rows, *read[i].second, i, read.size(), &site_row::counts);
  }
  rank(std::move(rows), report);
  return report;
}

}  // namespace leash::tool
