#pragma once

#include <cstdint>

#include <leash/detail/base/exposure.hpp>
#include <leash/detail/base/object.hpp>

namespace leash::detail {

// Told, without locks, that a handle that could do something to the object was dropped, while somebody waits for it and few
// handles are left: perhaps the wait is for ever now. The object may be gone by then. Set by a floor above.
using drop_watcher = void (*)(object& owner) noexcept;
void set_drop_watcher(drop_watcher watcher) noexcept;

// One listed reference to an object, which it names by a tagged word (see object.hpp); where it lives is its own
// address. The proof of a leak rests on these lists, so every handle in a program is listed at its
// place for as long as it exists; a move relinks. A handle that ends, or is moved from, leaves a zero: nobody takes what
// lies there for one later.
//
// Links are stored inverted: a scan of raw words for addresses must not follow them into neighbours.
// A handle may be used from any thread, like a shared_ptr: different handles at once, one handle by
// one thread at a time.
class handle {
 public:
  handle() noexcept = default;

  // The first handle of a new object: announces the object as alive.
  static handle announce(object* made, capability_set can) noexcept;

  // Requires that the object is alive (the caller has a handle to it or it is pinned).
  handle(object* target, capability_set can) noexcept { link(target, can); }

  handle(const handle& other) noexcept : handle(other, ~capability_set{0}) {}
  // A copy that can do no more than `most`. Making one that can do something is a use of `other`.
  handle(const handle& other, capability_set most) noexcept {
    if (!other) return;
    const capability_set can = other.capabilities() & most;
    if (can != 0) note_use(&other);
    link(other.target(), can);
  }
  handle(handle&& other) noexcept {
    if (other) take(other);
  }
  handle& operator=(const handle& other) noexcept {
    if (this != &other) {
      handle copy(other);
      *this = static_cast<handle&&>(copy);
    }
    return *this;
  }
  handle& operator=(handle&& other) noexcept {
    if (this != &other) {
      reset();
      if (other) take(other);
    }
    return *this;
  }
  ~handle() {
    if (word_ != 0) unlink();
  }

  void reset() noexcept {
    if (word_ != 0) unlink();
  }

  object* target() const noexcept { return target_of(word_); }
  // The same, to do something to the object that others may wait for.
  object* use() const noexcept {
    note_use(this);
    return target();
  }
  capability_set capabilities() const noexcept { return capabilities_of(word_); }
  explicit operator bool() const noexcept { return word_ != 0; }

  // The next in the object's list. Requires the object's handle_lock. A walk's mark among them can do nothing.
  handle* next() const noexcept { return decode(next_); }
  static handle* first_of(const object& owner) noexcept { return decode(owner.first_handle); }

 private:
  friend class handle_walk;

  static std::uintptr_t encode(handle* plain) noexcept;
  static handle* decode(std::uintptr_t encoded) noexcept;

  void link(object* target, capability_set can) noexcept;
  void take(handle& other) noexcept;
  void unlink() noexcept;

  // Also when the handle is about to die: the compiler keeps the store.
  void forget() noexcept { *static_cast<volatile std::uintptr_t*>(&word_) = 0; }

  std::uintptr_t word_ = 0;
  std::uintptr_t previous_ = 0;
  std::uintptr_t next_ = 0;
};

}  // namespace leash::detail
