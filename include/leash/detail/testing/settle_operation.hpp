#pragma once

#include <coroutine>

#include <leash/detail/sched/promise.hpp>

namespace leash::detail {

// Waits until nobody else can run. On a thread that explores.
class [[nodiscard("settle() happens when it is awaited")]] settle_operation {
 public:
  settle_operation() = default;
  settle_operation(settle_operation&&) = delete;
  void bind(promise_base& frame) noexcept { self_ = frame.owner; }
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<>) const noexcept;
  void await_resume() const noexcept {}

 private:
  goroutine* self_ = nullptr;
};

}  // namespace leash::detail
