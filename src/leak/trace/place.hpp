#pragma once

#include <bit>
#include <cstdint>
#include <source_location>

namespace leash::detail {

// A number for a place in the source: where its description lies in the program. The same for all goroutines that stand
// there, as long as the process lives.
inline std::uintptr_t address_of(const std::source_location& place) noexcept {
  static_assert(sizeof(std::source_location) == sizeof(std::uintptr_t),
                "a source_location is taken to be a pointer to its description");
  return std::bit_cast<std::uintptr_t>(place);
}

}  // namespace leash::detail
