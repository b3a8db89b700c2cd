#pragma once

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include <leash/detail/sched/promise.hpp>
#include <leash/detail/sched/scheduler.hpp>

// How a goroutine waits for a function on a thread of the pool.
//
// Invariants
// - The operation is in the pool's queue from the park until a thread takes it, both under the pool's lock. An
//   unwinder that finds it there takes it out, and the function is not called.
// - Afterwards the frame belongs to the thread until that has claimed the wait, or has set `returned`: then nothing
//   of its own touches it any more. Who finds the other's flag set, thread or unwinder, has the unwinding go on.
// - The thread stands in for the goroutine: what that may use, the function may use.

namespace leash::detail {

class blocking_wait : public wait_base {
 public:
  blocking_wait(blocking_wait&&) = delete;
  void bind(promise_base& frame) noexcept { self_ = frame.owner; }
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<>) noexcept;
  bool abandon(goroutine& waiter) noexcept override;

 protected:
  blocking_wait() noexcept = default;
  ~blocking_wait() = default;
  void resumed() {
    self_->wait = nullptr;
    if (failure_) std::rethrow_exception(std::move(failure_));
  }

 private:
  friend class blocking_pool;
  friend void call_blocking(blocking_wait& waited_for) noexcept;
  static constexpr std::uint8_t returned = 1;
  static constexpr std::uint8_t abandoned = 2;

  virtual void call() = 0;
  // Calls the function, on this thread, and tells the goroutine or its unwinder.
  void run() noexcept;
  // Nothing of the operation is used after that.
  void finish() noexcept;

  goroutine* self_ = nullptr;
  std::uint64_t word_ = 0;
  std::exception_ptr failure_;
  std::atomic<std::uint8_t> state_{0};
  // Guarded by the pool's lock.
  bool queued_ = false;
  bool given_ = false;  // to the pool, at some time
  blocking_wait* previous_ = nullptr;
  blocking_wait* next_ = nullptr;
};

// Calls the function on this thread, and has its goroutine go on.
void call_blocking(blocking_wait& waited_for) noexcept;

template <class F>
class [[nodiscard]] blocking_operation final : public blocking_wait {
 public:
  using result = std::invoke_result_t<F&>;
  static_assert(!std::is_reference_v<result>, "what fn gives has to be a value");

  explicit blocking_operation(F&& function) : function_(std::move(function)) {}

  result await_resume() {
    resumed();
    if constexpr (!std::is_void_v<result>) return std::move(*value_);
  }

 private:
  void call() override {
    if constexpr (std::is_void_v<result>)
      std::invoke(function_);
    else
      value_.emplace(std::invoke(function_));
  }

  F function_;
  std::optional<std::conditional_t<std::is_void_v<result>, bool, result>> value_;
};

}  // namespace leash::detail
