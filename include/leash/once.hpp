#pragma once

#include <type_traits>
#include <utility>

#include <leash/detail/sync/once_core.hpp>

// Something that happens once.
//
//   const once opened;
//   co_await opened.call([&] { file = open(path); });          // or: -> task<>, which may suspend
//
// A once value is a handle: copies name the same one. A moved-from once is nil.

namespace leash {

class once {
 public:
  once() : handle_(detail::make_once()) {}

  // co_await: calls f, which returns void or task<>, unless it was called before through this once,
  // whatever f was then; returns when that call is over. A call that throws is over, and only its caller
  // gets the exception. A call whose goroutine is unwound in it has not been: the next caller, or the
  // next who waits, calls its own f. An f that calls the same once waits for itself, for ever.
  // Costs no more than a look when the call is over. Throws errc::nil_handle at once for a nil once.
  template <class F>
    requires detail::once_callable<std::decay_t<F>>
  detail::once_operation<std::decay_t<F>> call(F&& f) const {
    return {detail::use_or_throw(handle_), std::forward<F>(f)};
  }

  // Whether the call is over. Any thread. False for a nil once.
  bool has_run() const noexcept {
    return handle_ && handle_.target()->done.load(std::memory_order_acquire);
  }

  bool is_nil() const noexcept { return !handle_; }
  friend bool operator==(const once& a, const once& b) noexcept {
    return a.handle_.target() == b.handle_.target();
  }

 private:
  friend struct detail::once_access;

  detail::handle handle_;
};

// Implementation

namespace detail {

struct once_access {
  static object* target(const once& named) noexcept { return named.handle_.target(); }
};

}  // namespace detail
}  // namespace leash
