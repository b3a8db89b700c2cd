#pragma once

#include <cstddef>
#include <source_location>
#include <utility>

#include <leash/detail/sched/scheduler.hpp>
#include <leash/detail/sched/start.hpp>

namespace leash {

using detail::starts_goroutine;

// Starts f(args…), which returns a task, as a goroutine of its own and goes on at once; the task's value
// is discarded. The callable is kept until the goroutine ends and the arguments are moved into the call:
// capturing lambdas are safe, and a reference parameter never dangles. Nobody cancels this goroutine
// from outside; with a context as first argument (context.hpp) it is on a leash. An exception that
// leaves it ends the program with the place where it was started.
// Called on a goroutine; throws errc::no_runtime elsewhere. The caller's line is recorded.
template <class F>
  requires starts_goroutine<F>
void go(F&& f, std::source_location where = std::source_location::current()) {
  detail::start_detached(nullptr, where, std::forward<F>(f));
}
template <class F, class A>
  requires starts_goroutine<F, A>
void go(F&& f, A&& a, std::source_location where = std::source_location::current()) {
  detail::start_detached(nullptr, where, std::forward<F>(f), std::forward<A>(a));
}
template <class F, class A, class B>
  requires starts_goroutine<F, A, B>
void go(F&& f, A&& a, B&& b, std::source_location where = std::source_location::current()) {
  detail::start_detached(nullptr, where, std::forward<F>(f), std::forward<A>(a),
                         std::forward<B>(b));
}
template <class F, class A, class B, class C>
  requires starts_goroutine<F, A, B, C>
void go(F&& f, A&& a, B&& b, C&& c, std::source_location where = std::source_location::current()) {
  detail::start_detached(nullptr, where, std::forward<F>(f), std::forward<A>(a), std::forward<B>(b),
                         std::forward<C>(c));
}
template <class F, class A, class B, class C, class D>
  requires starts_goroutine<F, A, B, C, D>
void go(F&& f, A&& a, B&& b, C&& c, D&& d,
        std::source_location where = std::source_location::current()) {
  detail::start_detached(nullptr, where, std::forward<F>(f), std::forward<A>(a), std::forward<B>(b),
                         std::forward<C>(c), std::forward<D>(d));
}
template <class F, class A, class B, class C, class D, class E>
  requires starts_goroutine<F, A, B, C, D, E>
void go(F&& f, A&& a, B&& b, C&& c, D&& d, E&& e,
        std::source_location where = std::source_location::current()) {
  detail::start_detached(nullptr, where, std::forward<F>(f), std::forward<A>(a), std::forward<B>(b),
                         std::forward<C>(c), std::forward<D>(d), std::forward<E>(e));
}
template <class F, class A, class B, class C, class D, class E, class G>
  requires starts_goroutine<F, A, B, C, D, E, G>
void go(F&& f, A&& a, B&& b, C&& c, D&& d, E&& e, G&& g,
        std::source_location where = std::source_location::current()) {
  detail::start_detached(nullptr, where, std::forward<F>(f), std::forward<A>(a), std::forward<B>(b),
                         std::forward<C>(c), std::forward<D>(d), std::forward<E>(e),
                         std::forward<G>(g));
}

// How many goroutines this process has, main goroutines included. Any thread.
std::size_t num_goroutines() noexcept;

// True in the destructors of a goroutine that is being unwound. Such destructors cannot tell it from a
// normal return otherwise: uncaught_exceptions() is 0.
bool unwinding() noexcept;

namespace detail {

class yield_operation {
 public:
  yield_operation() = default;
  yield_operation(yield_operation&&) = delete;
  void bind(promise_base& frame) noexcept { self_ = frame.owner; }
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<>) const noexcept {
    if (doomed(*self_))
      unwind_self(*self_);
    else
      yield_current(*self_);
  }
  void await_resume() const noexcept {}

 private:
  goroutine* self_ = nullptr;
};

}  // namespace detail

namespace this_goroutine {

// co_await yield(): lets every other runnable goroutine run before this one goes on.
[[nodiscard]] inline detail::yield_operation yield() noexcept { return {}; }

// The number of the running goroutine; 0 outside goroutines.
std::uint64_t id() noexcept;

}  // namespace this_goroutine
}  // namespace leash
