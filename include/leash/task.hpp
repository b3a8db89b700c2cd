#pragma once

#include <concepts>
#include <coroutine>
#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>

#include <leash/detail/sched/promise.hpp>

namespace leash {

template <class T>
class task;

namespace detail {

template <class T>
struct task_access;

template <class T>
class task_awaiter;

template <class T>
class task_promise_base : public promise_base {
 public:
  template <class Value>
    requires std::convertible_to<Value&&, T>
  void return_value(Value&& value) {
    result_.emplace(std::forward<Value>(value));
  }
  T take() {
    if (failure) std::rethrow_exception(std::move(failure));
    return std::move(*result_);
  }

 private:
  std::optional<T> result_;
};

template <>
class task_promise_base<void> : public promise_base {
 public:
  void return_void() noexcept {}
  void take() {
    if (failure) std::rethrow_exception(std::move(failure));
  }
};

// The operation that something awaitable means, in its frame.
template <class Awaitable>
class [[nodiscard]] bound_operation {
 public:
  bound_operation(Awaitable&& from, promise_base& frame)
      : operation_(std::forward<Awaitable>(from).operator co_await()) {
    operation_.bind(frame);
  }
  bound_operation(bound_operation&&) = delete;
  bool await_ready() { return operation_.await_ready(); }
  auto await_suspend(std::coroutine_handle<> frame) { return operation_.await_suspend(frame); }
  decltype(auto) await_resume() { return operation_.await_resume(); }

 private:
  decltype(std::declval<Awaitable&&>().operator co_await()) operation_;
};

template <class T>
class task_promise final : public task_promise_base<T> {
 public:
  task_promise() noexcept { this->self = std::coroutine_handle<task_promise>::from_promise(*this); }
  task<T> get_return_object() noexcept;
  std::suspend_always initial_suspend(
      std::source_location start = std::source_location::current()) noexcept {
    this->stand_at(start);
    return {};
  }
  final_awaiter final_suspend() const noexcept { return {}; }

  template <class U>
  task_awaiter<U> await_transform(
      task<U>&& child, std::source_location where = std::source_location::current()) noexcept {
    this->stand_at(where);
    return task_awaiter<U>(std::move(child));
  }

  // Operations are awaited in place, as the temporaries that they are.
  template <operation Operation>
    requires(!std::is_lvalue_reference_v<Operation>)
  Operation&& await_transform(
      Operation&& op, std::source_location where = std::source_location::current()) noexcept {
    this->stand_at(where);
    op.bind(*this);
    return static_cast<Operation&&>(op);
  }

  // What is not an operation itself says which one it means.
  template <class Awaitable>
    requires(!operation<Awaitable> &&
             requires(Awaitable&& from) {
               { std::forward<Awaitable>(from).operator co_await() } -> operation;
             })
  bound_operation<Awaitable> await_transform(
      Awaitable&& from, std::source_location where = std::source_location::current()) {
    this->stand_at(where);
    return bound_operation<Awaitable>(std::forward<Awaitable>(from), *this);
  }
};

// Awaits a child in the same goroutine.
template <class T>
class [[nodiscard]] task_awaiter {
 public:
  explicit task_awaiter(task<T>&& child) noexcept : child_(std::move(child)) {}
  task_awaiter(task_awaiter&&) = delete;
  ~task_awaiter() {
    // Destroyed in the middle of its await: the unwinder has destroyed the child before this frame.
    if (in_flight_ && !mutated(rule::child_forgotten)) task_access<T>::forget(child_);
  }

  bool await_ready() const noexcept { return false; }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> parent) noexcept {
    task_promise<T>& child = task_access<T>::promise(child_);
    child.parent = &parent.promise();
    in_flight_ = true;
    child.begin(*child.parent->owner);
    return transfer(child.self);
  }
  T await_resume() {
    in_flight_ = false;
    return task_access<T>::promise(child_).take();
  }

 private:
  task<T> child_;
  bool in_flight_ = false;
};

}  // namespace detail

// A piece of work that a goroutine does: what a coroutine returns. It is lazy: the body starts when the
// task is awaited (`co_await f()`) or given to go, race or a scope; then it runs in that goroutine.
// An exception that leaves the body is rethrown where the task is awaited. A task that is dropped
// without being awaited never ran. Movable; awaited once.
template <class T = void>
class [[nodiscard("a task does nothing until it is awaited or given to go()")]] task {
 public:
  using promise_type = detail::task_promise<T>;
  using value_type = T;

  task(task&& other) noexcept : frame_(std::exchange(other.frame_, {})) {}
  task& operator=(task&& other) noexcept {
    if (this != &other) {
      if (frame_) frame_.destroy();
      frame_ = std::exchange(other.frame_, {});
    }
    return *this;
  }
  ~task() {
    if (frame_) frame_.destroy();
  }

 private:
  template <class U>
  friend struct detail::task_access;
  friend promise_type;

  explicit task(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}

  std::coroutine_handle<promise_type> frame_;
};

// Implementation

namespace detail {

template <class T>
task<T> task_promise<T>::get_return_object() noexcept {
  return task<T>(std::coroutine_handle<task_promise>::from_promise(*this));
}

template <class T>
struct task_access {
  static task_promise<T>& promise(const task<T>& owner) noexcept { return owner.frame_.promise(); }
  // The frame is somebody else's from now on, or gone.
  static task_promise<T>& release(task<T>& owner) noexcept {
    return std::exchange(owner.frame_, {}).promise();
  }
  static void forget(task<T>& owner) noexcept { owner.frame_ = {}; }
};

template <class T>
inline constexpr bool is_task = false;
template <class T>
inline constexpr bool is_task<task<T>> = true;

}  // namespace detail
}  // namespace leash
