#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace leash::tool {

bool is_gzip(std::string_view bytes) noexcept;

// What was packed; throws profile_error for damaged data, and as soon as it becomes larger than `limit`.
std::string gunzip(std::string_view packed, std::size_t limit);

}  // namespace leash::tool
