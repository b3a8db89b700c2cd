#pragma once

#include <leash/detail/sync/lock_wait.hpp>

// What happens inside a mutex. Compare Go's sync/mutex.go; here a lock is always handed over to who has
// waited longest, as Go's is in its starvation mode.
//
// Invariant, under the object's lock: somebody waits only while it is locked.

namespace leash::detail {

struct mutex_access;

struct mutex_body {
  wait_queue waiters;
  bool locked = false;
};

handle make_mutex();

// False: it is locked. Requires the object's lock.
inline bool lock_if_free(object& mutex) noexcept {
  auto& body = mutex.as<mutex_body>();
  if (body.locked) return false;
  body.locked = true;
  return true;
}

// Moves the guard's handle to who has waited longest, who is to be made ready after unlocking; null:
// nobody waits, the mutex is free, and the handle is to be dropped. Requires the object's lock.
goroutine* pass_on(object& mutex, handle& guard) noexcept;

// The end of a guard. Requires one that is not empty.
void unlock_mutex(handle& guard) noexcept;

class mutex_wait : public lock_wait {
 public:
  explicit mutex_wait(object& mutex) noexcept : lock_wait(mutex) {}
  bool await_ready() noexcept { return enter() && settle(lock_if_free(*target_)); }
  void await_suspend(std::coroutine_handle<>) noexcept {
    suspend(&target_->as<mutex_body>().waiters, wait_reason::mutex_lock,
            set_of(capability::unlock));
  }

 protected:
  ~mutex_wait() = default;
};

}  // namespace leash::detail
