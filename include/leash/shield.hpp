#pragma once

#include <concepts>
#include <exception>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include <leash/detail/sync/shield_core.hpp>
#include <leash/task.hpp>

namespace leash {

// co_await shield(task): what the task returns or throws, undisturbed: a cancel does not reach the goroutine
// in it, nor does the end of run(), which waits; the goroutines of a scope, race or timeout in it hang on no
// leash but their own. The next suspension after it unwinds a goroutine that is cancelled by then. A task
// that may never end keeps run() from returning: put a timeout inside.
template <class T>
task<T> shield(task<T> work);

// co_await with_cleanup(body, cleanup): runs body() -> task<T>, then cleanup() -> task<>, whatever ends the
// body: that it returns, throws, or is unwound. The body's frames are destroyed before the clean-up starts.
// The clean-up runs shielded and may suspend; unwinding() tells in it whether the goroutine is being
// unwound, which goes on when the clean-up is over. What the clean-up throws is rethrown if the body has
// returned, and dropped else: the body's error wins.
//
//   co_await with_cleanup([&]() -> task<> { co_await use(lease); },
//                         [&]() -> task<> { co_await timeout(1s, give_back(lease)); });
template <class Body, class Cleanup>
  requires std::invocable<Body&> && std::same_as<std::invoke_result_t<Cleanup&>, task<>>
auto with_cleanup(Body body, Cleanup cleanup);

// Implementation

template <class T>
task<T> shield(task<T> work) {
  const detail::shield_guard held;
  co_return co_await std::move(work);
}

namespace detail {

template <class T, class Body, class Cleanup>
task<T> run_with_cleanup(Body body, Cleanup cleanup) {
  std::optional<typename stoppable_await<T>::value> result;
  std::exception_ptr failure;
  try {
    result = co_await stoppable_await<T>(std::invoke(body));
  } catch (...) {
    failure = std::current_exception();
  }
  const bool unwound = !result && !failure;
  try {
    co_await shield(std::invoke(cleanup));
  } catch (...) {
    if (result) failure = std::current_exception();
  }
  if (unwound) co_await go_on_unwinding();
  if (failure) std::rethrow_exception(std::move(failure));
  if constexpr (!std::is_void_v<T>) co_return std::move(*result);
}

}  // namespace detail

template <class Body, class Cleanup>
  requires std::invocable<Body&> && std::same_as<std::invoke_result_t<Cleanup&>, task<>>
auto with_cleanup(Body body, Cleanup cleanup) {
  using value = typename std::invoke_result_t<Body&>::value_type;
  return detail::run_with_cleanup<value>(std::move(body), std::move(cleanup));
}

}  // namespace leash
