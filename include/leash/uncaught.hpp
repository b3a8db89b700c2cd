#pragma once

#include <cstdint>
#include <exception>
#include <source_location>
#include <span>

namespace leash {

// An exception that has left a goroutine which nobody joins, or whose join_handle was dropped.
struct uncaught_exception {
  std::exception_ptr error;
  std::uint64_t goroutine = 0;
  std::uint64_t creator = 0;  // the goroutine that started it; 0: a plain thread
  std::source_location created_at;
  // The tasks that it passed through, innermost first: where each was last suspended, or begins.
  std::span<const std::source_location> stack;
};

// Called where the exception is lost: on the goroutine's worker while it still exists, or where its
// join_handle is dropped afterwards. May not suspend and may not throw. When it returns, the program goes
// on.
using uncaught_handler = void (*)(const uncaught_exception& what) noexcept;

// Sets what is done about exceptions that leave detached goroutines, and returns what was done before.
// Null, and at first: the exception and the goroutine's trace are printed to stderr, as a panic is, and
// the program is aborted. Any thread.
uncaught_handler set_uncaught_handler(uncaught_handler handler) noexcept;

}  // namespace leash
