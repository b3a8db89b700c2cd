#pragma once

#include <string>

#include "bench/bench_report.hpp"

namespace leash::tool {

// The gnuplot script that draws both arms' latency by percentile as SVG: either axis is logarithmic, the
// horizontal one in the share that took longer, so that the tail is seen. Somebody must have answered.
std::string latency_chart(const bench_options& options, const bench_report& report);

}  // namespace leash::tool
