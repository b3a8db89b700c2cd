#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <source_location>
#include <type_traits>

#include <leash/detail/base/arena.hpp>
#include <leash/detail/base/recorded.hpp>
#include <leash/detail/sched/goroutine.hpp>

namespace leash::detail {

// What every frame of a goroutine knows: who awaits it, whose it is, and where it is suspended.
class promise_base {
 public:
  promise_base* parent = nullptr;
  goroutine* owner = nullptr;
  std::coroutine_handle<> self;
  std::source_location where;
  std::exception_ptr failure;

  static void* operator new(std::size_t bytes) {
    return allocate_block(bytes, block_kind::frame, nullptr);
  }
  static void operator delete(void* frame) noexcept { free_block(frame); }

  // Before it may be suspended.
  void stand_at(std::source_location place) noexcept {
    if constexpr (recorded::locations) where = place;
  }

  // Gives the frame to a goroutine, as its innermost one; before its body runs.
  void begin(goroutine& runner) noexcept;

  // Keeps the exception for whoever awaits, and the place for the trace of an uncaught one.
  void unhandled_exception() noexcept;
};

// Leaves one frame for another. clang turns a returned handle into a jump at every level; elsewhere the
// worker's loop does the jump, so that a long chain of tasks that never suspend needs no stack.
std::coroutine_handle<> transfer(std::coroutine_handle<> to) noexcept;

struct final_awaiter {
  bool await_ready() const noexcept { return false; }
  void await_resume() const noexcept {}
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> ended) noexcept {
    return leave(ended.promise());
  }
  static std::coroutine_handle<> leave(promise_base& ended) noexcept;
};

// What a goroutine can wait for, besides tasks: an operation of leash. `bind` is told whose frame it is
// in before anything else happens.
template <class Operation>
concept operation =
    requires(std::remove_reference_t<Operation>& op, promise_base& frame) { op.bind(frame); };

}  // namespace leash::detail
