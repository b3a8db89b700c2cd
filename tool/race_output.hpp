#pragma once

#include "race.hpp"

namespace leash::tool {

// Writes the winner's answer where it belongs and says on stderr what else there is to say. Returns what
// the process exits with.
int write_race(const race_options& options, const race_report& report);

}  // namespace leash::tool
