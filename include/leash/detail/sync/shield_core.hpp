#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include <leash/detail/sched/scheduler.hpp>
#include <leash/task.hpp>

// What holds unwinding off, and what it stops at.
//
// Invariants
// - While a goroutine has a shield nobody claims it to unwind it, and it finds itself doomed by nothing; so
//   for the goroutines that it waits for inside: a group that is made under a shield hangs on no leash, and
//   its children outlive the end of run().
// - Unwinding destroys frames up to the innermost stop, whose frame is resumed instead, in the same
//   goroutine, which goes on as one that is `unwinding` and is not doomed any more. When that frame has
//   cleaned up, it has the unwinding go on; then it is destroyed as all others.

namespace leash::detail {

class shield_guard {
 public:
  shield_guard() noexcept : self_(*current_goroutine()) { change(+1); }
  shield_guard(shield_guard&&) = delete;
  ~shield_guard() { change(-1); }

 private:
  // Written by the goroutine itself only; a canceller reads it after the word that says waiting.
  void change(int by) noexcept {
    const int now = self_.shields.load(std::memory_order_relaxed) + by;
    self_.shields.store(static_cast<std::uint16_t>(now), std::memory_order_relaxed);
  }

  goroutine& self_;
};

// Awaits a task, and comes back also when its frames were unwound.
template <class T>
class [[nodiscard]] stoppable_await {
 public:
  using value = std::conditional_t<std::is_void_v<T>, bool, T>;

  explicit stoppable_await(task<T>&& child) noexcept : child_(std::move(child)) {}
  stoppable_await(stoppable_await&&) = delete;

  void bind(promise_base& frame) noexcept { stop_.frame = &frame; }
  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<>) noexcept {
    promise_base& parent = *stop_.frame;
    stop_.outer = std::exchange(parent.owner->stops, &stop_);
    task_promise<T>& child = task_access<T>::promise(child_);
    child.parent = &parent;
    child.begin(*parent.owner);
    return transfer(child.self);
  }
  // Empty: unwound.
  std::optional<value> await_resume() {
    if (stop_.reached) {
      task_access<T>::forget(child_);  // it is destroyed already
      return std::nullopt;
    }
    stop_.frame->owner->stops = stop_.outer;
    if constexpr (std::is_void_v<T>) {
      task_access<T>::promise(child_).take();
      return true;
    } else {
      return task_access<T>::promise(child_).take();
    }
  }

 private:
  task<T> child_;
  unwind_stop stop_;
};

// The end of a frame that unwinding had stopped at.
class [[nodiscard]] go_on_unwinding {
 public:
  go_on_unwinding() = default;
  go_on_unwinding(go_on_unwinding&&) = delete;
  void bind(promise_base& frame) noexcept { self_ = frame.owner; }
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<>) const noexcept { unwind_self(*self_); }
  void await_resume() const noexcept {}

 private:
  goroutine* self_ = nullptr;
};

}  // namespace leash::detail
