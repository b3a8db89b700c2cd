#pragma once

#include "race/race.hpp"

namespace leash::tool {

// Whether the answer can be written where it belongs, before anybody is asked for it: 0, or what the
// process exits with, and a sentence on stderr. Changes nothing.
int check_output(const race_options& options);

// Writes the winner's answer where it belongs and says on stderr what else there is to say. Returns what
// the process exits with.
int write_race(const race_options& options, const race_report& report);

}  // namespace leash::tool
