#pragma once

#include <string>
#include <vector>

#include "corpus/runner/findings.hpp"

namespace corpus {

// A line a shape, tab-separated: program, sites_expected, sites_found, schedules_needed, unexpected, birthplaces_expected,
// birthplaces_found, twin_sites, twin_left, twin_proven; then the totals, in the same columns.
std::string tsv_of(const std::vector<shape_findings>& all);

// The same for people, with the twins' recall, beside Go's.
std::string table_of(const std::vector<shape_findings>& all);

// What is wrong, a line each; empty: all is as it has to be.
std::vector<std::string> complaints_of(const std::vector<shape_findings>& all);

}  // namespace corpus
