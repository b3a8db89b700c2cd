#pragma once

#include <string>

namespace leash::tool {

// Throws std::runtime_error, with a sentence that names the package, when gnuplot cannot be run.
void demand_gnuplot();

// What gnuplot writes to its stdout for this script. Throws as demand_gnuplot does, and with gnuplot's own
// words when it does not like the script.
std::string gnuplot(const std::string& script);

}  // namespace leash::tool
