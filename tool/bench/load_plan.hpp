#pragma once

#include <vector>

#include "bench/bench_options.hpp"
#include "bench/bench_results.hpp"

namespace leash::tool {

// A stretch of the load in which only one arm is measured.
struct turn {
  arm who;
  std::size_t requests;
  std::chrono::nanoseconds duration;  // no new request after that; zero: no limit
  race_options asked;                 // one URL, or all
};

// The turns of a run, as many for each arm. What a machine or a network does in the course of a run
// weighs on both arms alike, as they take turns, each of the two the first as often as the other: alone,
// racing, racing, alone, … Never both at once, as they would be each other's load. A run too short for
// this has one turn each.
std::vector<turn> plan_load(const bench_options& options);

}  // namespace leash::tool
