#pragma once

#include <concepts>
#include <coroutine>
#include <exception>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include <leash/detail/base/exposure.hpp>
#include <leash/detail/sync/once_core.hpp>

// What a once_function calls, and what came of it. Compare Go's sync/oncefunc.go.
//
// Invariants
// - `function` is there until the call is over, then `value` or `failure` is. They are written by who has the
//   run token alone, and read by those who have seen that the once has run.
// - Whoever calls it may do so in another goroutine than the one that made it: frames that the function
//   points into are exposed.

namespace leash::detail {

template <class R>
struct outcome_of_call {
  using type = std::decay_t<R>;
};
template <class T>
struct outcome_of_call<task<T>> {
  using type = T;
};
template <class F>
using once_outcome = typename outcome_of_call<std::invoke_result_t<F&>>::type;

template <class F>
struct kept_function final : kept_by_once {
  using outcome = once_outcome<F>;
  struct nothing {};
  using stored = std::conditional_t<std::is_void_v<outcome>, nothing, outcome>;
  static constexpr bool suspends = !std::is_same_v<std::decay_t<std::invoke_result_t<F&>>, outcome>;

  explicit kept_function(F&& given) : function(std::move(given)) { expose_targets_of(*function); }

  std::optional<F> function;
  std::optional<stored> value;
  std::exception_ptr failure;
};

// The body that the once runs.
template <class F>
class call_kept_function {
 public:
  explicit call_kept_function(kept_function<F>& kept) noexcept : kept_(&kept) {}

  void operator()() const
    requires(!kept_function<F>::suspends)
  {
    try {
      if constexpr (std::is_void_v<once_outcome<F>>)
        std::invoke(*kept_->function), kept_->value.emplace();
      else
        kept_->value.emplace(std::invoke(*kept_->function));
    } catch (...) {
      kept_->failure = std::current_exception();
    }
    kept_->function.reset();
  }
  task<> operator()() const
    requires kept_function<F>::suspends
  {
    return await(*kept_);
  }

 private:
  static task<> await(kept_function<F>& kept) {
    try {
      if constexpr (std::is_void_v<once_outcome<F>>) {
        co_await std::invoke(*kept.function);
        kept.value.emplace();
      } else {
        kept.value.emplace(co_await std::invoke(*kept.function));
      }
    } catch (...) {
      kept.failure = std::current_exception();
    }
    kept.function.reset();
  }

  kept_function<F>* kept_;
};

template <class F>
class [[nodiscard("the function is called when the call is awaited")]] once_function_call {
 public:
  once_function_call(const handle& named, object& once)
      : named_(&named), kept_(&kept_in(once)), call_(once, call_kept_function<F>(*kept_)) {}
  once_function_call(once_function_call&&) = delete;

  void bind(promise_base& frame) noexcept { call_.bind(frame); }
  bool await_ready() noexcept { return call_.await_ready(); }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> caller) {
    waits_for_ = *named_;  // the once_function may be gone when this goroutine goes on
    return call_.await_suspend(caller);
  }
  decltype(auto) await_resume() {
    call_.await_resume();
    if (kept_->failure) std::rethrow_exception(kept_->failure);
    if constexpr (!std::is_void_v<once_outcome<F>>) return std::as_const(*kept_->value);
  }

 private:
  static kept_function<F>& kept_in(object& once) noexcept {
    return static_cast<kept_function<F>&>(*once.as<once_body>().kept);
  }

  const handle* named_;
  kept_function<F>* kept_;
  handle waits_for_;
  once_operation<call_kept_function<F>> call_;
};

template <class F>
handle make_once_function(F function) {
  handle made = make_once();
  object& once = *made.target();
  once.as<once_body>().kept.reset(new (once) kept_function<F>(std::move(function)));
  return made;
}

template <class F>
concept gives_nothing = std::invocable<F&> && std::is_void_v<once_outcome<F>>;
template <class F>
concept gives_a_value = std::invocable<F&> && !std::is_void_v<once_outcome<F>>;

}  // namespace leash::detail
