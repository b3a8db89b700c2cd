#pragma once

#include <type_traits>
#include <utility>

#include <leash/detail/sync/once_func_core.hpp>
#include <leash/once.hpp>

namespace leash {

// A function that is called once, whoever calls it how often: what once_func() and once_value() make.
//
//   const auto settings = once_value([path]() -> task<config> { co_return parse(co_await read(path)); });
//   …
//   const config& mine = co_await settings();      // any goroutine, any number of times
//
// Copies name the same function and its outcome, which live as long as one of them. A moved-from one is nil.
template <class F>
class once_function {
 public:
  // co_await: calls the function unless that was done before; suspends while another goroutine does. Returns
  // what it has returned, as a const reference, valid while a copy of this object lives. When it has thrown,
  // every call rethrows that. A call whose goroutine is unwound has not been: the next caller calls
  // again. The function is destroyed as soon as it has been called.
  // Costs no more than a look when it has been called. Throws errc::nil_handle at once for a nil one.
  detail::once_function_call<F> operator()() const {
    return {handle_, detail::use_or_throw(handle_)};
  }

  // Whether the function has been called. Any thread. False for a nil one.
  bool has_run() const noexcept {
    return handle_ && handle_.target()->done.load(std::memory_order_acquire);
  }
  bool is_nil() const noexcept { return !handle_; }
  friend bool operator==(const once_function& a, const once_function& b) noexcept {
    return a.handle_.target() == b.handle_.target();
  }

 private:
  template <class G>
    requires detail::gives_nothing<std::decay_t<G>>
  friend once_function<std::decay_t<G>> once_func(G&& f);
  template <class G>
    requires detail::gives_a_value<std::decay_t<G>>
  friend once_function<std::decay_t<G>> once_value(G&& f);

  explicit once_function(F function)
      : handle_(detail::make_once_function<F>(std::move(function))) {}

  detail::handle handle_;
};

// f returns void or task<>. What it captures by reference has to stay until it has been called.
template <class F>
  requires detail::gives_nothing<std::decay_t<F>>
[[nodiscard]] once_function<std::decay_t<F>> once_func(F&& f) {
  return once_function<std::decay_t<F>>(std::forward<F>(f));
}

// f returns a value or a task of one; several values are a tuple or a struct of them.
template <class F>
  requires detail::gives_a_value<std::decay_t<F>>
[[nodiscard]] once_function<std::decay_t<F>> once_value(F&& f) {
  return once_function<std::decay_t<F>>(std::forward<F>(f));
}

}  // namespace leash
