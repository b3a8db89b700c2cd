#pragma once

#include <vector>

#include <leash/task.hpp>

#include "goroutines/instance.hpp"
#include "goroutines/options.hpp"
#include "goroutines/report.hpp"

namespace leash::tool {

// Looks at all of them, options.concurrency at a time. What fails says so in the snapshot.
task<snapshot> look_at(const goroutines_options& options, const std::vector<instance>& instances);

// The same, twice, and what changed in between.
task<goroutines_report> watch(const goroutines_options& options,
                              const std::vector<instance>& instances);

// The earlier moment that --diff names: a report of --format json, or the saved profile of `only`, the one
// instance that it is to be compared with. Throws std::runtime_error, a sentence.
snapshot read_earlier(const goroutines_options& options, const std::vector<instance>& instances);

}  // namespace leash::tool
