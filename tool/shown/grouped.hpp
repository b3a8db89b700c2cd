#pragma once

#include <concepts>
#include <cstddef>
#include <string>

namespace leash::tool {

// A number as people read it: 277,867.
template <std::integral Number>
std::string grouped(Number number) {
  std::string digits = std::to_string(number);
  const std::size_t first = digits.starts_with('-') ? 1 : 0;
  for (std::size_t at = digits.size(); at > first + 3;) digits.insert(at -= 3, ",");
  return digits;
}

}  // namespace leash::tool
