#pragma once

#include <string>

#include "goroutines/report.hpp"

namespace leash::tool {

// A report as JSON, and what such a one says of its moment. Throws profile_error.
snapshot read_report(const std::string& json);

}  // namespace leash::tool
