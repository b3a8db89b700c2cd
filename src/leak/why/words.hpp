#pragma once

#include <chrono>
#include <source_location>
#include <string>
#include <string_view>

// How moments and places are spoken of.

namespace leash::detail {

// "250 ms", "3.2 s", "5 min 20 s", "3 h 12 min", "9 days". Never negative.
std::string words_for(std::chrono::nanoseconds duration);

// The file's name without its folders.
std::string_view file_of(const std::source_location& place) noexcept;

// "racer.cpp:31 in fetch".
std::string words_for(const std::source_location& place);

}  // namespace leash::detail
