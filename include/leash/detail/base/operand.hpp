#pragma once

#include <cstdint>

#include <leash/detail/base/object.hpp>

namespace leash::detail {

// How an operation names its object: by a tagged word with what the operation itself can do, which mostly is nothing but
// to wait. It keeps nothing: who makes the operation has a handle, and a wait pins its object. When the operation is over
// nothing is left of it in the frame.
class operand {
 public:
  operand() noexcept = default;
  explicit operand(object* target, capability_set can = 0) noexcept : word_(tagged(target, can)) {}
  operand(const operand&) = delete;
  operand& operator=(const operand&) = delete;
  ~operand() { store(0); }

  void name(object* target, capability_set can = 0) noexcept { store(tagged(target, can)); }

  object* get() const noexcept { return target_of(word_); }
  object& operator*() const noexcept { return *get(); }
  object* operator->() const noexcept { return get(); }
  explicit operator bool() const noexcept { return word_ != 0; }

 private:
  // Also when nobody reads it any more: the compiler keeps the store.
  void store(std::uintptr_t word) noexcept {
    *static_cast<volatile std::uintptr_t*>(&word_) = word;
  }

  std::uintptr_t word_ = 0;
};

}  // namespace leash::detail
