#pragma once

#include <atomic>
#include <concepts>
#include <coroutine>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <leash/detail/base/arena.hpp>
#include <leash/detail/sync/lock_wait.hpp>
#include <leash/task.hpp>

// What happens inside a once. Compare Go's sync/once.go.
//
// Invariants, under the object's lock
// - Who runs the body has the run token, a handle that can unlock, in the frame that runs it; the others
//   wait for it. The object's `done` turns true once, when the body has returned or thrown.
// - A token whose body was unwound goes to who has waited longest.

namespace leash::detail {

struct once_access;

// What the once of a once_function keeps: the function and its outcome, in a traced block that belongs to
// the object. Whoever may use that has a listed handle, and through it the function's handles.
class kept_by_once {
 public:
  virtual ~kept_by_once() = default;

  static void* operator new(std::size_t bytes, object& owner) {
    return allocate_block(bytes, block_kind::traced, &owner);
  }
  static void operator delete(void* block, object&) noexcept { free_block(block); }
  static void operator delete(void* block) noexcept { free_block(block); }
};

struct once_body {
  wait_queue waiters;
  bool running = false;
  std::unique_ptr<kept_by_once> kept;
};

handle make_once();

// Waits for the run token, or until the body has run: the handle is empty then.
class once_wait final : public lock_wait {
 public:
  explicit once_wait(object& once) noexcept : lock_wait(once) {}
  bool await_ready() noexcept {
    if (!enter()) return false;
    if (target_->done.load(std::memory_order_relaxed)) return leave(true, nullptr);
    auto& body = target_->as<once_body>();
    return settle(!std::exchange(body.running, true));
  }
  void await_suspend(std::coroutine_handle<>) noexcept {
    suspend(&target_->as<once_body>().waiters, wait_reason::once_do, set_of(capability::unlock));
  }
  handle await_resume() noexcept { return take(); }
};

class run_token {
 public:
  explicit run_token(handle got) noexcept : handle_(std::move(got)) {}
  run_token(run_token&&) = delete;
  // The body was unwound: somebody else is to run it.
  ~run_token() {
    if (handle_ && !mutated(rule::token_given_up)) give_up();
  }
  explicit operator bool() const noexcept { return static_cast<bool>(handle_); }
  // The body has run: nobody else does.
  void complete() noexcept;

 private:
  void give_up() noexcept;

  handle handle_;
};

template <class F>
task<> run_once(object& once, F& body) {
  run_token token(co_await once_wait(once));
  if (!token) co_return;
  try {
    if constexpr (std::is_void_v<std::invoke_result_t<F&>>)
      std::invoke(body);
    else
      co_await std::invoke(body);
  } catch (...) {
    token.complete();
    throw;
  }
  token.complete();
}

// Needs no frame of its own when the body has run already.
template <class F>
class [[nodiscard("the body runs when the call is awaited")]] once_operation {
 public:
  once_operation(object& once, F body) : once_(&once), body_(std::move(body)) {}
  once_operation(once_operation&&) = delete;
  void bind(promise_base& frame) noexcept { self_ = frame.owner; }
  bool await_ready() noexcept {
    // Pairs with the store in complete(): what the body has written is seen.
    if (!once_->done.load(std::memory_order_acquire)) return false;
    // A doomed goroutine, and the end of a time slice, are left to once_wait.
    if (self_->slice == 1 || doomed(*self_)) return false;
    --self_->slice;
    return true;
  }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> caller) {
    run_.emplace(run_once(*once_, body_));
    return run_->await_suspend(caller);
  }
  void await_resume() {
    if (run_) run_->await_resume();
  }

 private:
  operand once_;
  goroutine* self_ = nullptr;
  F body_;
  std::optional<task_awaiter<void>> run_;
};

template <class F>
concept once_callable = std::invocable<F&> && (std::is_void_v<std::invoke_result_t<F&>> ||
                                               std::is_same_v<std::invoke_result_t<F&>, task<>>);

}  // namespace leash::detail
