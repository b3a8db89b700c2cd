#pragma once

#include <cstddef>
#include <limits>
#include <new>
#include <type_traits>

#include <leash/detail/sync/traced_core.hpp>

namespace leash {

// For the containers of the standard library: their memory is traced blocks, and whoever can use the container,
// because of where it lies, can use what is in them.
//
//   using endings = std::map<std::string, cancelable_context, std::less<>,
//                            traced_allocator<std::pair<const std::string, cancelable_context>>>;
//
// Copies are equal and share the blocks' owner; a default-made one has a new owner, and so has the copy of a
// container. A container that was moved from still shares the owner, until it is assigned to or dies: move
// what a goroutine alone shall have into its closure, and let go of the rest. Containers that use equal
// allocators may be spliced and merged. A container that is captured or sent takes what it owns with
// it: nothing counts as borrowed, or as used by others.
// Not for std::allocate_shared, which does not compile with it: use make_traced. And not for putting back the
// node handles that extract() gives, with a libstdc++ older than 12.4 or 13.3: it forgets to destroy their
// allocator (PR114401). Any thread.
template <class T>
class traced_allocator {
 public:
  using value_type = T;
  using propagate_on_container_copy_assignment = std::false_type;
  using propagate_on_container_move_assignment = std::true_type;
  using propagate_on_container_swap = std::true_type;
  using is_always_equal = std::false_type;

  traced_allocator() : handle_(detail::make_allocator_object()) {}
  traced_allocator(const traced_allocator&) noexcept = default;  // also instead of a move
  traced_allocator& operator=(const traced_allocator&) noexcept = default;
  ~traced_allocator() = default;
  template <class U>
  traced_allocator(const traced_allocator<U>& other) noexcept
      : handle_(detail::traced_access::handle_of(other)) {}
  traced_allocator select_on_container_copy_construction() const { return {}; }

  [[nodiscard]] T* allocate(std::size_t count);
  void deallocate(T* block, std::size_t) noexcept { detail::free_block(static_cast<void*>(block)); }

  template <class U>
  friend bool operator==(const traced_allocator& a, const traced_allocator<U>& b) noexcept {
    return a.handle_.target() == detail::traced_access::handle_of(b).target();
  }

 private:
  friend struct detail::traced_access;

  detail::handle handle_;
};

// Implementation

template <class T>
T* traced_allocator<T>::allocate(std::size_t count) {
  static_assert(detail::fits_a_block<T>, "traced blocks are aligned to 16 bytes");
  static_assert(!detail::is_shared_count<T>,
                "whoever has the shared_ptr would not be seen: use make_traced");
  // NOLINTBEGIN(bugprone-sizeof-expression): T may be a pointer
  if (count > std::numeric_limits<std::size_t>::max() / sizeof(T))
    throw std::bad_array_new_length();
  return static_cast<T*>(
      detail::allocate_block(count * sizeof(T), detail::block_kind::traced, handle_.use()));
  // NOLINTEND(bugprone-sizeof-expression)
}

}  // namespace leash
