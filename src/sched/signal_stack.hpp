#pragma once

#include "base/world/gate.hpp"

namespace leash::detail {

// While it lives, this thread has a stack of its own for the handlers of signals, so that they can run when its stack has
// overflowed. A thread that has one already keeps that. When memory is short there is none.
class signal_stack {
 public:
  signal_stack() noexcept;
  signal_stack(signal_stack&&) = delete;
  ~signal_stack();

 private:
  void* mapped_ = nullptr;
  // A handler leaves there what registers held when its signal came.
  known_stack known_;
};

}  // namespace leash::detail
