#pragma once

#include <memory>
#include <source_location>
#include <type_traits>
#include <utility>

#include <leash/context.hpp>
#include <leash/detail/sync/after_func_core.hpp>

namespace leash {

namespace detail {
struct after_func_access;
}

// What after_func() returns. Dropping it changes nothing: the function still runs when its context is done.
// Copies mean the same function.
class after_func_stop {
 public:
  // Whether this call has prevented the function from running; it is destroyed then. False: it runs, or has
  // run, or was stopped before. Does not wait for it. Any thread.
  bool operator()() const noexcept { return handle_ && detail::drop_deferred(*handle_.target()); }

 private:
  friend struct detail::after_func_access;
  explicit after_func_stop(detail::handle named) noexcept : handle_(std::move(named)) {}

  detail::handle handle_;
};

// When ctx is done, starts f() -> task<> as a goroutine of its own, on no leash; at once when it is done
// already.
//
//   const auto stop = after_func(ctx, [connection]() -> task<> { co_await connection.close(); });
//   …
//   if (stop()) …  // it does not run any more
//
// Whoever ends ctx, on whatever thread, only starts the goroutine, in the runtime that after_func was called
// in. Until then f is no goroutine, and is kept with what it captures; it is dropped without having run when
// that runtime has ended, or when ctx can never be done and the last `after_func_stop` goes. What it captures by
// reference has to stay until it has run or was stopped. Called on a goroutine; throws errc::no_runtime elsewhere.
template <class F>
  requires starts_goroutine<F>
after_func_stop after_func(const context& ctx, F&& f,
                           std::source_location where = std::source_location::current());

// Implementation

namespace detail {

struct after_func_access {
  static after_func_stop make(handle named) noexcept { return after_func_stop(std::move(named)); }
};

}  // namespace detail

template <class F>
  requires starts_goroutine<F>
after_func_stop after_func(const context& ctx, F&& f, std::source_location where) {
  return detail::after_func_access::make(detail::register_deferred(
      detail::context_access::target(ctx),
      std::make_unique<detail::deferred_start<std::decay_t<F>>>(where, std::forward<F>(f))));
}

}  // namespace leash
