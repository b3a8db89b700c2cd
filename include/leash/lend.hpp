#pragma once

#include <memory>
#include <utility>

#include <leash/detail/base/exposure.hpp>

namespace leash {

// Keeps a pointer to `x`, which a proof of leaks follows from where the lend lies, as it follows any other pointer
// (docs/leak-proof.md). From a time when it followed none: a reference, or a capture, does the same. Movable; a moved-from one
// does nothing. Any thread may make, move and end it. Never throws, costs some nanoseconds.
class [[nodiscard("what is lent is lent for as long as the lend lives")]] lend {
 public:
  template <class T>
  explicit lend(const T& x) noexcept : place_(std::addressof(x)) {
    detail::begin_lend(block());
  }
  // What dies at the end of the expression cannot be lent.
  template <class T>
  explicit lend(const T&& x) = delete;

  lend(lend&& other) noexcept : place_(other.place_) { other.forget(); }
  lend& operator=(lend&& other) noexcept {
    if (this != &other) {
      detail::end_lend(block());
      place_ = other.place_;
      other.forget();
    }
    return *this;
  }
  ~lend() {
    detail::end_lend(block());
    forget();
  }

 private:
  detail::block_header* block() const noexcept {
    return place_ == nullptr ? nullptr : detail::find_block(place_);
  }

  // Also when nobody reads it any more: the compiler keeps the store.
  void forget() noexcept { *static_cast<const void* volatile*>(&place_) = nullptr; }

  const void* place_;  // a plain pointer: wherever the lend is, the proof follows it
};

}  // namespace leash
