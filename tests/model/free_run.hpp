#pragma once

#include <cstdint>
#include <string>

#include "model/step.hpp"

namespace leash::testing::model {

// Runs a program over so many workers, every actor its own steps as fast as it can. What comes of that
// depends on the schedule; but, whatever it was: each value arrives once, locks exclude, a semaphore's
// permits are enough, and when nothing moves any more nobody waits for what is there. Every round of steps
// ends with all actors being cancelled; what they held is free then. Empty: it was so; otherwise what was not.
std::string broken_invariant(const program& given, std::uint32_t workers);

}  // namespace leash::testing::model
