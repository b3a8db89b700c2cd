#pragma once

#include "bench/bench_options.hpp"
#include "bench/bench_report.hpp"

namespace leash::tool {

// To be called before anybody is asked: 0, or says what is in the way of the picture and returns what the
// process is to exit with. Throws std::runtime_error when there is no gnuplot.
int check_picture(const bench_options& options);

// Prints the report, and draws the picture when one is wanted; what the process is to exit with. Throws
// output_failure, and std::runtime_error when gnuplot cannot draw.
int write_bench(const bench_options& options, const bench_report& report);

}  // namespace leash::tool
