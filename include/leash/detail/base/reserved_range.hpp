#pragma once

#include <cstddef>

// Address space that is reserved at once and used from its beginning on. What is not used yet is left out
// of core dumps, which would have gigabytes of zeros otherwise.

namespace leash::detail {

class reserved_range {
 public:
  // False: there is no room for so much.
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
