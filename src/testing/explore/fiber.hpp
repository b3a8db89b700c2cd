#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include <setjmp.h>
#include <ucontext.h>

// Stacks to switch between, for goroutines that are interrupted where they cannot suspend. All on one thread.

#include "base/world/gate.hpp"

namespace leash::detail {

class fiber {
 public:
  // `body` is called on the fiber's own stack when it is first switched to, and does not return.
  using body = void (*)(void* argument);
  fiber(body called, void* argument);
  // The one that the thread is on already: its own stack.
  fiber() noexcept;
  fiber(fiber&&) = delete;
  ~fiber();

  // Leaves this fiber, which is the one that runs, for another. Returns when somebody switches back. What is in flight of
  // exceptions stays with each.
  void switch_to(fiber& other) noexcept;

 private:
  static constexpr std::size_t stack_bytes = std::size_t{256} << 10;

  struct exceptions {
    void* caught = nullptr;
    unsigned uncaught = 0;
  };

  static void enter();
  void jump_to(fiber& other) noexcept;

  ucontext_t context_{};                // where it begins
  [[maybe_unused]] jmp_buf left_at_{};  // where it was left
  [[maybe_unused]] bool begun_ = false;
  void* stack_ = nullptr;  // null: the thread's
  std::size_t mapped_ = 0;
  body body_ = nullptr;
  void* argument_ = nullptr;
  exceptions exceptions_;
  known_stack place_;
  // Of sanitizers.
  [[maybe_unused]] void* shadow_ = nullptr;
  const void* bottom_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace leash::detail
