#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

#include <leash/detail/base/explored.hpp>
#include <leash/detail/base/spin_lock.hpp>
#include <leash/detail/base/stable_pool.hpp>

// An object is what goroutines wait for: a channel, a context, a scope, a mutex … Every object has the
// same header, in type-stable memory: a list of the handles that name it, the operation lock of its
// primitive, and counters that never go back. What a primitive keeps for itself is the `body`.
//
// Invariants
// - `handle_lock` guards the list of handles, their links, and the versions. It is a leaf: nothing is
//   locked, called or moved under it. `lock` guards the body, `pins` and `alive`. Moving a T under
//   `lock` takes *other* objects' handle locks, therefore there are two.
// - Order of operation locks: a cond before its mutex, which no select waits for; else by address, each
//   once. A context's lock is not held while its parent's or a child's is taken.
// - A version of a capability grows, under `handle_lock`, whenever a handle with it is made or moved.
// - An object is freed when it has neither handles nor pins: decided under `lock`, by exactly one
//   thread (`alive` turns false). Waits, bound goroutines and children pin.
// - The header is constructed once in the life of a slot. A stale pointer to a freed or recycled
//   object can be locked and read; `generation` tells that it is not the same.

namespace leash::detail {

class handle;
struct object;

// What a handle can do to its object. Close travels with send. Five bits are all that a handle has room for: what no kind of
// object has both of, shares one.
enum class capability : std::uint8_t {
  send,
  receive,
  cancel,
  unlock,
  depart,
  use = receive,
  join = unlock,
  notify = depart,
};
constexpr std::size_t capability_count = 5;

using capability_set = std::uint32_t;
constexpr capability_set set_of() noexcept { return 0; }
template <class... Rest>
constexpr capability_set set_of(capability first, Rest... rest) noexcept {
  return (capability_set{1} << static_cast<unsigned>(first)) | set_of(rest...);
}

// What differs between primitives.
struct object_class {
  const char* name;
  // Destroys the body of an object that nothing names any more. Called without locks, by one thread;
  // the header goes back to the pool afterwards.
  void (*destroy)(object&) noexcept;
  // A value with a handle to it has plain pointers into its blocks, too (a container and its allocator).
  bool has_own_pointers = false;
};

constexpr std::size_t object_body_bytes = 136;

// Changed under a lock, so by one thread at a time; others read it without, as a hint.
class guarded_count {
 public:
  guarded_count& operator=(std::uint32_t value) noexcept {
    value_.store(value, std::memory_order_relaxed);
    return *this;
  }
  guarded_count& operator+=(std::uint32_t more) noexcept { return *this = *this + more; }
  guarded_count& operator-=(std::uint32_t less) noexcept { return *this = *this - less; }
  operator std::uint32_t() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint32_t> value_{0};
};

// The lock of an object's operations. Explorations are told which step uses which objects.
class operation_lock : public spin_lock {
 public:
  void lock() noexcept {
    if (somebody_explores()) [[unlikely]]
      tell();
    spin_lock::lock();
  }
  // For what is no operation: who pins the object, or frees it, is nobody's business.
  void lock_untold() noexcept { spin_lock::lock(); }

 private:
  void tell() noexcept;
};

struct alignas(64) object {
  operation_lock lock;
  spin_lock handle_lock;
  std::uintptr_t first_handle = 0;  // encoded, see handle.hpp
  std::atomic<std::uint32_t> handle_count{0};
  std::atomic<std::uint32_t> generation{0};
  guarded_count pins;
  bool alive = false;
  std::atomic<bool> done{false};  // a context that is done, a once that has run
  // From here to the 64th byte nothing is addressed by itself: an address there is a tagged one, see below.
  // Whoever can cancel the parent can cancel this one. Null: no parent.
  alignas(32) std::atomic<object*> parent{nullptr};
  const object_class* kind = nullptr;
  // Capabilities that somebody without a handle has (a timer that will send or cancel).
  std::atomic<capability_set> outside{0};
  std::uint32_t reserved[3] = {};
  std::array<std::atomic<std::uint32_t>, capability_count> versions{};

  template <class Body>
  Body& as() noexcept {
    static_assert(sizeof(Body) <= object_body_bytes && alignof(Body) <= 8);
    return *std::launder(reinterpret_cast<Body*>(body));
  }

  alignas(8) std::byte body[object_body_bytes];
};

static_assert(offsetof(object, parent) == 32 && offsetof(object, versions) == 64);

// One word that names an object and says what can be done to it: the object's address + 32 + the capabilities. A scan of
// memory knows it from a bare pointer, with which everything can be done. Null is no object's.
inline std::uintptr_t tagged(object* named, capability_set can) noexcept {
  return named == nullptr ? 0 : reinterpret_cast<std::uintptr_t>(named) + 32 + can;
}
// Both take null for null and nothing. `and` alone: there is no moment at which no register has an address in the object.
inline object* target_of(std::uintptr_t tagged) noexcept {
  return reinterpret_cast<object*>(tagged & ~std::uintptr_t{63});
}
constexpr capability_set capabilities_of(std::uintptr_t tagged) noexcept {
  return static_cast<capability_set>(tagged & 31);
}

using object_pool = stable_pool<object, std::size_t{1} << 24>;

// A new object without handles whose body is Body(args...). It is not freed before it was announced
// by the first handle, see handle's constructor.
template <class Body, class... Args>
object* make_object(const object_class& kind, Args&&... args) {
  object* made = object_pool::instance().acquire();
  new (made->body) Body(std::forward<Args>(args)...);
  made->kind = &kind;
  if (somebody_explores()) [[unlikely]]
    tell_made(*made);
  return made;
}

// Frees the object if it is alive and neither handles nor pins are left. To be called, without locks,
// after either count may have become zero. Any thread.
void free_if_unused(object* candidate) noexcept;

// The same, for a caller that holds `lock`, which is released.
void unlock_and_free_if_unused(object& candidate) noexcept;

// Keeps an object, which the caller knows to be alive, until unpin(). Both are called without its lock.
void pin(object& kept) noexcept;
void unpin(object& pinned) noexcept;

}  // namespace leash::detail
