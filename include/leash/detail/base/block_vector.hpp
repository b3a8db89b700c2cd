#pragma once

#include <cstddef>
#include <vector>

#include <leash/detail/base/arena.hpp>

namespace leash::detail {

// Takes memory from the arena.
template <class T, block_kind Kind>
struct block_allocator {
  using value_type = T;
  template <class U>
  struct rebind {
    using other = block_allocator<U, Kind>;
  };

  block_allocator() noexcept = default;
  template <class U>
  block_allocator(const block_allocator<U, Kind>&) noexcept {}

  // The end of the runtime's own is not to be the beginning of somebody else's block.
  static constexpr std::size_t behind = Kind == block_kind::own ? 16 : 0;

  T* allocate(std::size_t count) {
    static_assert(alignof(T) <= 16);
    // NOLINTNEXTLINE(bugprone-sizeof-expression): T may be a pointer
    return static_cast<T*>(allocate_block(count * sizeof(T) + behind, Kind, nullptr));
  }
  void deallocate(T* memory, std::size_t) noexcept { free_block(static_cast<void*>(memory)); }
  template <class U>
  bool operator==(const block_allocator<U, Kind>&) const noexcept {
    return true;
  }
};

// What lies in it can be used by who can use what keeps it, and not by everybody, as with the heap.
template <class T>
using block_vector = std::vector<T, block_allocator<T, block_kind::buffer>>;

// For the runtime's own books: nothing in there counts as reached, neither what they point to nor what a stack had left in
// the holes of what was put there.
template <class T>
using own_vector = std::vector<T, block_allocator<T, block_kind::own>>;

}  // namespace leash::detail
