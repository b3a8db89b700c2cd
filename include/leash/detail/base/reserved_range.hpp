#pragma once

#include <cstddef>
#include <cstdint>

// Address space that is reserved at once and used from its beginning on. What is not used yet is left out
// of core dumps, which would have gigabytes of zeros otherwise.
//
// All of it lies in one region: objects, records, frames and all other blocks, and what a proof works with. So "could this
// word name something of leash's?" is one comparison with constants, and everything else in the process is outside.

namespace leash::detail {

// Between what a program's own mappings grow down from and what sanitizers keep for themselves (x86-64, 47 bits).
inline constexpr std::uintptr_t region_begin = 0x7e9000000000;
inline constexpr std::size_t region_size = std::size_t{1} << 38;

constexpr bool in_region(std::uintptr_t word) noexcept { return word - region_begin < region_size; }

class reserved_range {
 public:
  // False: there is no room for so much. Any thread.
  bool reserve(std::size_t bytes) noexcept;
  std::byte* begin() const noexcept { return begin_; }

  // The first so many bytes are in use from now on; cheap. Under a lock of the caller's.
  void use(std::size_t bytes) noexcept {
    if (bytes > in_dumps_) show_in_dumps(bytes);
  }

 private:
  void show_in_dumps(std::size_t bytes) noexcept;

  std::byte* begin_ = nullptr;
  std::size_t size_ = 0;
  std::size_t in_dumps_ = 0;
};

}  // namespace leash::detail
