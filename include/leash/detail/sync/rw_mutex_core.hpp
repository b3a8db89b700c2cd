#pragma once

#include <cstdint>

#include <leash/detail/sync/lock_wait.hpp>
#include <leash/detail/sync/wake_list.hpp>

// What happens inside an rw_mutex. Compare Go's sync/rwmutex.go.
//
// Invariants, under the object's lock
// - A writer waits only while somebody reads or writes; a reader waits only while somebody writes or a
//   writer waits. So a stream of readers cannot keep writers out.
// - After a writer all readers that wait are let in, and after them the next writer: a stream of
//   writers cannot keep readers out.
// - A writer that gives up may be what readers wait for. Therefore it has, while it waits, a handle that
//   can `depart`, and its departure lets in whoever may go then.

namespace leash::detail {

struct rw_mutex_access;

struct rw_mutex_body {
  wait_queue readers;
  wait_queue writers;
  std::uint32_t reading = 0;
  bool writing = false;
};

handle make_rw_mutex();

// False: it has to be waited for. Requires the object's lock.
inline bool rw_lock_if_free(object& rw_mutex, bool shared) noexcept {
  auto& body = rw_mutex.as<rw_mutex_body>();
  const bool writer_waits = !body.writers.empty() && !mutated(rule::writers_first);
  if (body.writing || (shared ? writer_waits : body.reading != 0)) return false;
  if (shared)
    ++body.reading;
  else
    body.writing = true;
  return true;
}

// The end of a guard's lock: lets in who is next. The handle is moved to that one, or is to be dropped
// after unlocking. Requires the object's lock.
void rw_pass_on(object& rw_mutex, handle& guard, bool shared, wake_list& woken) noexcept;

// The end of a guard. Requires one that is not empty.
void unlock_rw_mutex(handle& guard, bool shared) noexcept;

class rw_wait : public lock_wait {
 public:
  rw_wait(object& rw_mutex, bool shared) noexcept : lock_wait(rw_mutex), shared_(shared) {}
  bool await_ready() noexcept { return enter() && settle(rw_lock_if_free(*target_, shared_)); }
  void await_suspend(std::coroutine_handle<>) noexcept;
  bool abandon(goroutine& waiter) noexcept override;

  bool is_shared() const noexcept { return shared_; }
  handle take() noexcept {
    departure_.reset();
    return lock_wait::take();
  }

 protected:
  ~rw_wait() = default;

 private:
  const bool shared_;
  handle departure_;
};

}  // namespace leash::detail
