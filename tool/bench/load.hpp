#pragma once

#include "bench/bench_options.hpp"
#include "bench/bench_results.hpp"

#include <leash/leash.hpp>

namespace leash::tool {

// Puts the planned load on the URLs and fills in the results, which both live until it is over. Each arm
// has connections of its own.
//
// Closed loop (no rate): each of so many goroutines asks again when it has its answer; a latency is
// counted from the moment of asking. A turn begins when the one before it has all its answers.
//
// Open loop: requests start on a schedule that waits for nobody, neither for answers nor between turns,
// and a latency is counted from the scheduled start, also when the request could only start later, or has
// to wait as too many are under way. So a stall is seen by everyone who would have come in it.
//
// A hedge delay that is the first arm's p95 is looked up before each turn of racing, in all that the
// first arm has measured by then. Before the first one its answers are waited for, in the open loop too.
task<> apply_load(const bench_options& options, bench_results& results);

}  // namespace leash::tool
