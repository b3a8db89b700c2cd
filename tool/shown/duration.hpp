#pragma once

#include <chrono>
#include <string>

#include <fmt/format.h>

namespace leash::tool {

// A time with three digits that count, and its unit: 850 µs, 20.4 ms, 1.25 s.
inline std::string shown_duration(std::chrono::nanoseconds time) {
  const auto count = static_cast<double>(time.count());
  const auto in = [count](double unit, const char* name) {
    const double value = count / unit;
    return fmt::format("{:.{}f} {}", value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0, name);
  };
  if (time.count() == 0) return "0 s";
  if (count < 999.5e3) return in(1e3, "µs");
  if (count < 999.5e6) return in(1e6, "ms");
  return in(1e9, "s");
}

}  // namespace leash::tool
