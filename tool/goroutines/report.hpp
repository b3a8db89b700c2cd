#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "goroutines/site.hpp"

namespace leash::tool {

// What became of one instance.
struct looked_at {
  std::string name;
  std::optional<site_tallies> sites;
  site_tallies suspects;  // of a profile of leaks
  std::string failure;    // a sentence, when there are no sites
};

// The goroutines of several instances at one moment, or what is known of an earlier one.
struct snapshot {
  std::vector<looked_at> instances;
};

// A site in all instances.
struct site_row {
  site where;
  std::vector<std::int64_t> counts;  // by instance
  std::vector<std::int64_t> before;  // likewise, when there is an earlier moment; else empty
  std::int64_t waiting = -1;         // seconds, see site_tally

  std::int64_t total() const noexcept;
  std::int64_t growth() const noexcept;
  std::int64_t most() const noexcept;  // in one instance
  // The root mean square of the instances' counts, or of how much they grew: a leak in one of many stands
  // out, where a mean would hide it. This is LeakProf's order.
  double rms() const noexcept;
};

struct goroutines_report {
  std::vector<std::string> instances;  // those that could be read
  std::vector<std::string> failures;   // sentences
  std::vector<site_row> rows;          // the worst first
  std::int64_t total = 0;
  std::int64_t total_before = 0;
  bool is_diff = false;
};

goroutines_report report_of(const snapshot& now);
// Of the suspects of those instances that could be read.
goroutines_report suspects_of(const snapshot& now);
// What has changed: in the instances that could be read both times.
goroutines_report difference(const snapshot& before, const snapshot& now);

}  // namespace leash::tool
