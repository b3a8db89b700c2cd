#pragma once

#include <cstdint>

#include <leash/detail/base/exposure.hpp>
#include <leash/detail/base/object.hpp>

namespace leash::detail {

// Told, without locks, that a handle that could do something to the object was dropped, while somebody waits for it and few
// handles are left: perhaps the wait is for ever now. The object may be gone by then. Set by a floor above.
using drop_watcher = void (*)(object& owner) noexcept;
void set_drop_watcher(drop_watcher watcher) noexcept;

// One listed reference to an object: what it can do is in `capabilities()`, where it lives is its own
// address. The proof of a leak rests on these lists, so every handle in a program is listed at its
// place for as long as it exists; a move relinks.
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
    if (other.target_ == nullptr) return;
    const capability_set can = other.capabilities_ & most;
    if (can != 0) note_use(&other);
    link(other.target_, can);
  }
  handle(handle&& other) noexcept {
    if (other.target_ != nullptr) take(other);
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
      if (other.target_ != nullptr) take(other);
    }
    return *this;
  }
  ~handle() {
    if (target_ != nullptr) unlink();
  }

  void reset() noexcept {
    if (target_ != nullptr) unlink();
  }

  object* target() const noexcept { return target_; }
  // The same, to do something to the object that others may wait for.
  object* use() const noexcept {
    note_use(this);
    return target_;
  }
  capability_set capabilities() const noexcept { return capabilities_; }
  explicit operator bool() const noexcept { return target_ != nullptr; }

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

  object* target_ = nullptr;
  std::uintptr_t previous_ = 0;
  std::uintptr_t next_ = 0;
  capability_set capabilities_ = 0;
};

}  // namespace leash::detail
