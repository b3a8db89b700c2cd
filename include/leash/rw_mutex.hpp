#pragma once

#include <utility>

#include <leash/detail/sync/rw_mutex_core.hpp>
#include <leash/error.hpp>
#include <leash/task.hpp>

// A lock that many may hold to read, or one to write. As Go's RWMutex it prefers writers: while one
// waits, no new reader is let in; after it, all readers that wait are. So a goroutine that reads may not
// lock to read once more: a writer in between would wait for the first lock, and it for the writer.
//
//   rw_mutex prices;
//   {
//     rw_mutex::guard reading = co_await prices.lock_shared();
//     …
//   }
//   rw_mutex::guard writing = co_await prices.lock();
//
// An rw_mutex value is a handle: copies name the same lock, and guards and waiters keep it alive.
// co_await happens on goroutines; try_*, unlock and handles work on any thread. A moved-from rw_mutex is
// nil.

namespace leash {

class rw_mutex {
 public:
  // Holds a lock of either kind and lets it go when it dies. Movable; the default one is empty. A guard
  // may be given to another goroutine or thread, which unlocks then.
  class [[nodiscard("the lock is let go when its guard dies")]] guard {
   public:
    guard() noexcept = default;
    guard(guard&&) noexcept = default;
    guard& operator=(guard&& other) noexcept;
    ~guard();

    // The guard is empty afterwards. Throws errc::not_locked when it is already.
    void unlock();
    bool owns_lock() const noexcept { return static_cast<bool>(handle_); }
    // Whether what it holds, or held last, is a lock to read.
    bool is_shared() const noexcept { return shared_; }
    // Leaves the lock locked for good: nothing can unlock it any more, as when a function of Go returns
    // without unlocking. The guard is empty afterwards.
    void abandon() noexcept { handle_.reset(); }

   private:
    template <class Wait, class Guard>
    friend class detail::lock_operation;
    friend struct detail::rw_mutex_access;
    friend class rw_mutex;
    explicit guard(detail::rw_wait& ended) noexcept
        : handle_(ended.take()), shared_(ended.is_shared()) {}

    detail::handle handle_;
    bool shared_ = false;
  };
  using lock_operation = detail::lock_operation<detail::rw_wait, guard>;

  rw_mutex() : handle_(detail::make_rw_mutex()) {}

  // co_await: suspends until it may write, or read; gives the guard. Throws errc::nil_handle at once for
  // a nil rw_mutex.
  lock_operation lock() const { return {detail::use_or_throw(handle_), false}; }
  lock_operation lock_shared() const { return {detail::use_or_throw(handle_), true}; }
  // Never suspends: an empty guard when it had to wait. Throws errc::nil_handle.
  guard try_lock() const { return attempt(false); }
  guard try_lock_shared() const { return attempt(true); }

  bool is_nil() const noexcept { return !handle_; }
  friend bool operator==(const rw_mutex& a, const rw_mutex& b) noexcept {
    return a.handle_.target() == b.handle_.target();
  }

 private:
  friend struct detail::rw_mutex_access;
  guard attempt(bool shared) const;

  detail::handle handle_;
};

// Implementation

namespace detail {

struct rw_mutex_access {
  static object* target(const rw_mutex& named) noexcept { return named.handle_.target(); }
  static object* target(const rw_mutex::guard& held) noexcept { return held.handle_.target(); }
  static const handle& handle_of(const rw_mutex& named) noexcept { return named.handle_; }
  static handle& handle_of(rw_mutex::guard& held) noexcept { return held.handle_; }
  static bool is_shared(const rw_mutex::guard& held) noexcept { return held.shared_; }
  static rw_mutex::lock_operation lock(object& target, bool shared) noexcept {
    return {target, shared};
  }
};

}  // namespace detail

inline rw_mutex::guard& rw_mutex::guard::operator=(guard&& other) noexcept {
  if (this != &other) {
    if (handle_) detail::unlock_rw_mutex(handle_, shared_);
    handle_ = std::move(other.handle_);
    shared_ = other.shared_;
  }
  return *this;
}

inline rw_mutex::guard::~guard() {
  if (handle_) detail::unlock_rw_mutex(handle_, shared_);
}

}  // namespace leash
