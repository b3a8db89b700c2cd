#pragma once

#include <cstddef>

#include <leash/detail/sync/lock_wait.hpp>
#include <leash/detail/sync/wake_list.hpp>

// What happens inside a semaphore. Compare golang.org/x/sync/semaphore.
//
// Invariants, under the object's lock
// - First come, first served: nobody is let in past who waits, be it for more permits than there are.
// - Who is first in line waits for permits to come back. The others also wait for those ahead to leave:
//   therefore each waiter has a handle that can `depart`, and its departure lets in whoever may go then.

namespace leash::detail {

struct semaphore_access;

struct semaphore_body {
  wait_queue waiters;
  std::size_t available = 0;
  std::size_t size = 0;
};

handle make_semaphore(std::size_t permits);

// False: they have to be waited for. Requires the object's lock.
inline bool acquire_if_free(object& semaphore, std::size_t permits) noexcept {
  auto& body = semaphore.as<semaphore_body>();
  if (!body.waiters.empty() || body.available < permits) return false;
  body.available -= permits;
  return true;
}

// The end of a permit. Requires one that is not empty.
void give_back(handle& permit, std::size_t permits) noexcept;

class acquire_wait : public lock_wait {
 public:
  acquire_wait(object& semaphore, std::size_t permits) noexcept
      : lock_wait(semaphore), permits_(permits) {
    node_.slot = this;
  }
  bool await_ready() noexcept { return enter() && settle(acquire_if_free(*target_, permits_)); }
  void await_suspend(std::coroutine_handle<>) noexcept;
  bool abandon(goroutine& waiter) noexcept override;

  std::size_t permits() const noexcept { return permits_; }
  handle take() noexcept {
    departure_.reset();
    return lock_wait::take();
  }

  // Lets in those whose turn it is. Requires the object's lock.
  static void let_in(object& semaphore, wake_list& woken) noexcept;

 protected:
  ~acquire_wait() = default;

 private:
  const std::size_t permits_;
  handle departure_;
};

}  // namespace leash::detail
