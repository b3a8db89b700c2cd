#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>

#include <leash/detail/sync/blocking_core.hpp>
#include <leash/task.hpp>

namespace leash {

// co_await blocking(fn): calls fn() on a thread of a pool that exists for that, and gives what it returns, or
// rethrows: for what blocks its thread (files, name lookups, a library of callbacks) or computes for long.
//
//   std::string text = co_await blocking([&] { return read_file(path); });
//
// fn may use the frame of the goroutine, which waits for it in any case: a goroutine that is cancelled while fn
// runs is unwound when fn has returned, and what fn gave is dropped. Cancelled before, fn does not begin; also not
// if it still waits for a thread. To end fn early, give it something to look at: stop_token_of(ctx), say.
// fn runs outside goroutines: it cannot co_await or go(); send_blocking and receive_blocking work.
// Costs two changes of thread, some microseconds. On virtual time it takes no time.
template <class F>
  requires std::invocable<std::decay_t<F>&>
[[nodiscard("fn is not called until this is awaited")]] auto blocking(F&& fn) {
  using function = std::decay_t<F>;
  return detail::blocking_operation<function>(function(std::forward<F>(fn)));
}

// The pool is one for the process. It has as many threads as are needed at once, but no more than `threads`: what
// comes then waits for one, first come, first served. A thread with nothing to do ends after `idle`.
struct blocking_limits {
  std::size_t threads = 512;
  std::chrono::milliseconds idle = std::chrono::seconds(10);
};
// Holds from now on; threads beyond a smaller limit end when they have nothing to do. Throws errc::bad_option for
// no threads. Any thread.
void set_blocking_limits(const blocking_limits& limits);

// How many threads the pool has, now. Any thread.
std::size_t blocking_threads() noexcept;

}  // namespace leash
