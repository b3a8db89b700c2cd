#pragma once

#include "bench/bench_options.hpp"
#include "bench/bench_results.hpp"
#include "shown/terminal.hpp"

#include <leash/task.hpp>

namespace leash::tool {

// Shows on stderr, which is that terminal, how far the run is, until it is unwound; then the terminal is
// as it was before.
task<int> show_progress(const bench_options& options, const bench_results& results,
                        terminal screen);

}  // namespace leash::tool
