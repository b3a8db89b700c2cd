#pragma once

#include <cstddef>
#include <string>

namespace leash::tool {

// What the options of a load are given, read. Each throws CLI::ValidationError, which names the option and
// says what would be understood.

// A whole number from 1 to `most`.
std::size_t count_of(const char* option, const std::string& text, std::size_t most);

// So many a second, over 0 and up to a million.
double rate_of(const char* option, const std::string& text);

}  // namespace leash::tool
