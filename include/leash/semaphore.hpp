#pragma once

#include <cstddef>
#include <utility>

#include <leash/detail/sync/semaphore_core.hpp>
#include <leash/error.hpp>
#include <leash/task.hpp>

// At most so many at a time. A semaphore has a number of permits; who acquires some holds them as a
// `permit`, and gives them back when it dies.
//
//   const semaphore connections(16);
//   {
//     const semaphore::permit one = co_await connections.acquire();
//     …
//   }
//
// First come, first served, also for who wants many. A semaphore value is a handle: copies name the same
// one, and permits and waiters keep it alive. co_await happens on goroutines; try_acquire, release and
// handles work on any thread. A moved-from semaphore is nil.

namespace leash {

class semaphore {
 public:
  // Permits that were acquired. Movable; the default one is empty. It may be given to another goroutine
  // or thread, which gives them back then.
  class [[nodiscard("permits are given back when their holder dies")]] permit {
   public:
    permit() noexcept = default;
    permit(permit&&) noexcept = default;
    permit& operator=(permit&& other) noexcept;
    ~permit();

    // Gives them back; it is empty afterwards. Throws errc::not_locked when it is already.
    void release();
    bool is_empty() const noexcept { return !handle_; }
    // How many it holds.
    std::size_t size() const noexcept { return handle_ ? permits_ : 0; }
    // The semaphore never gets them back, as when somebody forgets to. It is empty afterwards.
    void abandon() noexcept { handle_.reset(); }

   private:
    template <class Wait, class Guard>
    friend class detail::lock_operation;
    friend class semaphore;
    explicit permit(detail::acquire_wait& ended) noexcept
        : handle_(ended.take()), permits_(ended.permits()) {}

    detail::handle handle_;
    std::size_t permits_ = 0;
  };
  using acquire_operation = detail::lock_operation<detail::acquire_wait, permit>;

  explicit semaphore(std::size_t permits) : handle_(detail::make_semaphore(permits)) {}

  // co_await: suspends until so many are there and everybody who came before is served; gives them.
  // Throws at once errc::bad_option for more than there are at all, and errc::nil_handle for a nil
  // semaphore.
  acquire_operation acquire(std::size_t permits = 1) const { return {checked(permits), permits}; }
  // Never suspends: an empty permit when it had to wait. Throws as acquire does.
  permit try_acquire(std::size_t permits = 1) const;

  // How many permits there are; and how many nobody holds, now. 0 for a nil semaphore.
  std::size_t size() const noexcept;
  std::size_t available() const noexcept;

  bool is_nil() const noexcept { return !handle_; }
  friend bool operator==(const semaphore& a, const semaphore& b) noexcept {
    return a.handle_.target() == b.handle_.target();
  }

 private:
  friend struct detail::semaphore_access;
  detail::object& checked(std::size_t permits) const;

  detail::handle handle_;
};

// Implementation

namespace detail {

struct semaphore_access {
  static object* target(const semaphore& named) noexcept { return named.handle_.target(); }
};

}  // namespace detail

inline semaphore::permit& semaphore::permit::operator=(permit&& other) noexcept {
  if (this != &other) {
    if (handle_) detail::give_back(handle_, permits_);
    handle_ = std::move(other.handle_);
    permits_ = other.permits_;
  }
  return *this;
}

inline semaphore::permit::~permit() {
  if (handle_) detail::give_back(handle_, permits_);
}

}  // namespace leash
