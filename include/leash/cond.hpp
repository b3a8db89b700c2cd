#pragma once

#include <leash/detail/sync/cond_core.hpp>
#include <leash/mutex.hpp>
#include <leash/rw_mutex.hpp>

// Waits for something that a lock protects to become true.
//
//   mutex lock;
//   const cond changed(lock);
//   mutex::guard held = co_await lock.lock();
//   while (!ready) co_await changed.wait(held);
//
// A cond value is a handle: copies name the same cond, which keeps its mutex alive. A moved-from cond is
// nil: all of its operations throw errc::nil_handle.

namespace leash {

class cond {
 public:
  // Throws errc::nil_handle when the lock is nil.
  explicit cond(const mutex& lock)
      : handle_(detail::make_cond(detail::mutex_access::handle_of(lock), false)) {}
  explicit cond(const rw_mutex& lock)
      : handle_(detail::make_cond(detail::rw_mutex_access::handle_of(lock), true)) {}

  // co_await: unlocks, suspends until notified, and locks again as the guard did before. It does not
  // return without a signal or a broadcast that came after it had begun to wait. When the goroutine is
  // unwound here, the guard is left empty, and a signal that it was to get goes to the next waiter.
  // Throws errc::not_locked at once unless the guard holds a lock of this cond's mutex. The guard is to
  // stay where it is meanwhile.
  task<> wait(mutex::guard& held) const;
  task<> wait(rw_mutex::guard& held) const;

  // Wakes who has waited longest; everybody who waits. The lock may be held, and need not be. Any thread.
  void signal() const { detail::signal_cond(detail::use_or_throw(handle_)); }
  void broadcast() const { detail::broadcast_cond(detail::use_or_throw(handle_)); }

  bool is_nil() const noexcept { return !handle_; }
  friend bool operator==(const cond& a, const cond& b) noexcept {
    return a.handle_.target() == b.handle_.target();
  }

 private:
  friend struct detail::cond_access;
  template <class Access, class Guard>
  task<> wait_with(Guard& held) const {
    if (!handle_) throw error(errc::nil_handle);
    if (!held.owns_lock() || Access::target(held) != &detail::lock_of(*handle_.target()))
      throw error(errc::not_locked, "cond::wait needs a guard that holds the cond's own mutex");
    return detail::wait_and_lock<Access>(detail::handle(handle_, 0), held);
  }

  detail::handle handle_;
};

// Implementation

namespace detail {

struct cond_access {
  static object* target(const cond& named) noexcept { return named.handle_.target(); }
};

}  // namespace detail

inline task<> cond::wait(mutex::guard& held) const { return wait_with<detail::mutex_access>(held); }

inline task<> cond::wait(rw_mutex::guard& held) const {
  return wait_with<detail::rw_mutex_access>(held);
}

}  // namespace leash
