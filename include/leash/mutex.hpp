#pragma once

#include <utility>

#include <leash/detail/sync/mutex_core.hpp>
#include <leash/error.hpp>
#include <leash/task.hpp>

// Mutual exclusion between goroutines. A goroutine that waits for the lock is suspended and its worker
// does other work; the lock is handed to who has waited longest.
//
//   mutex accounts;
//   {
//     mutex::guard locked = co_await accounts.lock();
//     …                                               // may suspend
//   }                                                 // unlocked, also when the goroutine is unwound
//
// A mutex value is a handle: copies name the same lock, and guards and waiters keep it alive. co_await
// happens on goroutines; try_lock, unlock and handles work on any thread. A moved-from mutex is nil.

namespace leash {

class mutex {
 public:
  // Holds the lock and lets it go when it dies. Movable; the default one is empty. A guard may be given
  // to another goroutine or thread, which unlocks then.
  class [[nodiscard("the lock is let go when its guard dies")]] guard {
   public:
    guard() noexcept = default;
    guard(guard&&) noexcept = default;
    guard& operator=(guard&& other) noexcept;
    ~guard();

    // The guard is empty afterwards. Throws errc::not_locked when it is already.
    void unlock();
    bool owns_lock() const noexcept { return static_cast<bool>(handle_); }
    // Leaves the lock locked for good: nothing can unlock it any more, as when a function of Go returns
    // without unlocking. The guard is empty afterwards.
    void abandon() noexcept { handle_.reset(); }

   private:
    template <class Wait, class Guard>
    friend class detail::lock_operation;
    friend struct detail::mutex_access;
    friend class mutex;
    explicit guard(detail::mutex_wait& ended) noexcept : handle_(ended.take()) {}

    detail::handle handle_;
  };
  using lock_operation = detail::lock_operation<detail::mutex_wait, guard>;

  mutex() : handle_(detail::make_mutex()) {}

  // co_await: suspends until the lock is free; gives the guard. Throws errc::nil_handle at once for a
  // nil mutex.
  lock_operation lock() const { return lock_operation(detail::use_or_throw(handle_)); }
  // Never suspends: an empty guard when it is locked. Throws errc::nil_handle.
  guard try_lock() const;

  bool is_nil() const noexcept { return !handle_; }
  friend bool operator==(const mutex& a, const mutex& b) noexcept {
    return a.handle_.target() == b.handle_.target();
  }

 private:
  friend struct detail::mutex_access;

  detail::handle handle_;
};

// Implementation

namespace detail {

struct mutex_access {
  static object* target(const mutex& named) noexcept { return named.handle_.target(); }
  static object* target(const mutex::guard& held) noexcept { return held.handle_.target(); }
  static const handle& handle_of(const mutex& named) noexcept { return named.handle_; }
  static handle& handle_of(mutex::guard& held) noexcept { return held.handle_; }
  static bool is_shared(const mutex::guard&) noexcept { return false; }
  static mutex::lock_operation lock(object& target, bool) noexcept {
    return mutex::lock_operation(target);
  }
};

}  // namespace detail

inline mutex::guard& mutex::guard::operator=(guard&& other) noexcept {
  if (this != &other) {
    if (handle_) detail::unlock_mutex(handle_);
    handle_ = std::move(other.handle_);
  }
  return *this;
}

inline mutex::guard::~guard() {
  if (handle_) detail::unlock_mutex(handle_);
}

}  // namespace leash
