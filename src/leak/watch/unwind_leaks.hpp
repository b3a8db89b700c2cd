#pragma once

#include <cstddef>
#include <span>

#include "leak/proof/proven_goroutine.hpp"

namespace leash::detail {

struct unwinding_result {
  std::size_t unwound = 0;
  // One of them had been woken: the program used what it has no handle to. Those after it in the list were left alone.
  bool refuted = false;
};

// Has a set that was proven be unwound. All of it is claimed before any frame is destroyed: else the destructor of one
// could wake another, which would run. Shielded goroutines are left alone. Any thread, without locks.
unwinding_result unwind_leaks(std::span<const proven_goroutine> proven) noexcept;

}  // namespace leash::detail
