#pragma once

#include <string>

namespace leash::tool {

// Where a program says why its goroutines wait: http://host:port or host:port, and a goroutine's number, or nothing for all.
std::string why_url(const std::string& whose, const std::string& id);

}  // namespace leash::tool
