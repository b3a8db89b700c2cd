#pragma once

#include <chrono>
#include <cstdint>

namespace leash::tool {

// A time as people read it, and as JSON has it.
inline std::int64_t milliseconds(std::chrono::nanoseconds time) {
  return std::chrono::round<std::chrono::milliseconds>(time).count();
}
inline double exact_ms(std::chrono::nanoseconds time) {
  return static_cast<double>(time.count()) / 1e6;
}

}  // namespace leash::tool
