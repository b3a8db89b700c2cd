#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace leash::tool {

// What options are given, read. Each throws CLI::ValidationError, which names the option and says what
// would be understood.

// Seconds as curl takes them: 2 or 0.5. Zero: no limit.
std::chrono::nanoseconds seconds_of(const char* option, const std::string& text);

// A time with its unit: 200us, 50ms, 1.5s; 0 needs none.
std::chrono::nanoseconds duration_of(const char* option, const std::string& text);

// A size as curl takes it: 5000, or with k, M or G (times 1024). Zero: no limit.
std::size_t bytes_of(const char* option, const std::string& text);

// Statuses and ranges of them, ends included: 200-399,404.
std::vector<std::pair<int, int>> statuses_of(const char* option, const std::string& text);

}  // namespace leash::tool
