#pragma once

#include <cstdint>
#include <string>

#include "model/step.hpp"

namespace leash::testing::model {

// Runs a program on leash, over so many workers on virtual time, beside its model; compares them each time
// that nothing moves any more. Empty: they have agreed; otherwise what was done, and how they differ.
std::string disagreement(const program& given, std::uint32_t workers);

}  // namespace leash::testing::model
