#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include <leash/detail/base/arena.hpp>
#include <leash/detail/base/handle.hpp>
#include <leash/detail/base/hidden_pointer.hpp>
#include <leash/detail/base/mutation.hpp>
#include <leash/error.hpp>

// Heap that a proof sees through.
//
// How a proof gets from a handle that lies in a traced block to those who can use it:
//
//   handle's address --find_block--> header --owner--> object --list--> handles to the object --> where they live
//
// and so on, until a frame, or something outside, is reached. What a traced_ptr points to is a block whose owner
// is an object of its own; traced_ptrs and weak_traced_ptrs are the handles. The blocks of a container belong to an
// object that its allocator made; the copies of the allocator, one of which lies in the container, are the
// handles. Nothing has to enumerate an object's blocks: a block asks who can use it, not the other way round.
//
// Invariants
// - All these handles have capability `use`, weak ones as well: whoever has a weak one can come by a strong
//   one. So the version of `use` grows when a proof must look again.
// - An object lives at least as long as its blocks: a strong reference is a handle, too; and memory that an
//   allocator gave is given back through one that is equal, before the last of these dies.
// - `strong` never grows from zero, but for the first time. Who takes it to zero destroys what is in the
//   block, then frees the block, with its handle still listed.
// - A traced_ptr keeps its pointer hidden: its handle accounts for it.

namespace leash::detail {

struct traced_body {
  traced_body(void* given, void (*how)(void*) noexcept) noexcept : block(given), destroy(how) {}

  void* block;
  void (*destroy)(void*) noexcept;
  std::atomic<std::uint32_t> strong{0};
};

// A new object for one block, with one handle, which is weak. Requires nothing of `destroy` before
// become_strong was called.
handle make_traced_object(void (*destroy)(void*) noexcept);
// Its block, of so many bytes, which belongs to it. Throws std::bad_alloc.
void* allocate_traced(const handle& owner, std::size_t bytes);

// What is in the block is complete: `only` becomes the first strong one.
void become_strong(const handle& only) noexcept;
// False: what was in the block is gone, or not complete. Else one more handle counts as strong.
bool share_strong(object& owner) noexcept;
// The handle of one who knows what this one keeps. It can do as much: see above.
inline handle weak_of(const handle& strong) noexcept {
  return {strong, mutated(rule::weak_can_use) ? set_of() : strong.capabilities()};
}
// Ends a strong handle. Requires one that is not empty.
void drop_strong(handle& named) noexcept;
// The object of the traced_ptrs to what lies at this place; null: it does not lie in such a block.
object* traced_object_at(const void* place) noexcept;
[[noreturn]] void throw_not_traced();

// For the blocks of containers.
handle make_allocator_object();

template <class T>
void destroy_traced(void* block) noexcept {
  std::destroy_at(static_cast<T*>(block));
}

template <class T>
inline constexpr bool fits_a_block = alignof(T) <= 16;

// The block in which std::allocate_shared keeps its counts. It would hold the only copy of the allocator
// itself, so that nobody who has the shared_ptr were seen.
template <class T>
inline constexpr bool is_shared_count = [] {
#if defined(__GLIBCXX__)
  return std::is_base_of_v<std::_Sp_counted_base<>, T>;
#else
  return false;
#endif
}();

// The private parts of traced_ptr<T>, weak_traced_ptr<T> and traced_allocator<T>.
struct traced_access {
  template <class Named>
  static auto& handle_of(Named& named) noexcept {
    return named.handle_;
  }
  template <class Pointer>
  static auto* place(const Pointer& named) noexcept {
    return named.place_.get();
  }
  template <class Pointer>
  static auto* give_up_place(Pointer& named) noexcept {
    return std::exchange(named.place_, {}).get();
  }
  template <class Pointer, class T>
  static Pointer make(handle named, T* place) noexcept {
    return Pointer(std::move(named), place);
  }
};

}  // namespace leash::detail
