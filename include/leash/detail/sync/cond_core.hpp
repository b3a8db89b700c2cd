#pragma once

#include <utility>

#include <leash/detail/base/handle.hpp>
#include <leash/detail/sync/object_wait.hpp>
#include <leash/detail/sync/wake_list.hpp>
#include <leash/task.hpp>

// What happens inside a cond. Compare Go's sync/cond.go.
//
// Invariants
// - A waiter stands in the queue before its lock is let go: no signal is missed in between. For that
//   the lock of a cond's object is taken before that of its mutex's.
// - A signal is for one waiter that goes on with the lock. Who is claimed by one and unwound before it
//   has the lock passes it on; for that the claimer makes a handle that can notify inside its operation.

namespace leash::detail {

struct cond_access;

struct cond_body {
  wait_queue waiters;
  handle lock;  // the mutex or rw_mutex; can do nothing, keeps it alive
  bool rw = false;
};

handle make_cond(const handle& lock, bool rw);
inline object& lock_of(object& cond) noexcept { return *cond.as<cond_body>().lock.target(); }

void signal_cond(object& cond) noexcept;
void broadcast_cond(object& cond) noexcept;

// Suspends until notified, without the lock. Gives a handle that can notify if it was by a signal.
class cond_wait final : public object_wait {
 public:
  // `shared`: how the guard holds its lock.
  cond_wait(object& cond, handle& guard, bool shared) noexcept
      : object_wait(&cond), guard_(&guard), shared_(shared) {
    node_.slot = &signal_;
  }
  bool await_ready() noexcept {
    static_cast<void>(enter());
    return false;
  }
  void await_suspend(std::coroutine_handle<>) noexcept;
  handle await_resume() noexcept {
    resumed();
    return std::move(signal_);
  }

 private:
  void let_lock_go(wake_list& woken) noexcept;

  handle* guard_;
  const bool shared_;
  handle signal_;
};

// A signal that has not had its effect yet.
class pending_signal {
 public:
  explicit pending_signal(handle signal) noexcept : signal_(std::move(signal)) {}
  pending_signal(pending_signal&&) = delete;
  ~pending_signal() {
    if (signal_ && !mutated(rule::signal_passed_on)) signal_cond(*signal_.use());
  }
  void delivered() noexcept { signal_.reset(); }

 private:
  handle signal_;
};

// `cond` can do nothing, and keeps it alive. Access: to the guard's kind of lock.
template <class Access, class Guard>
task<> wait_and_lock(handle cond, Guard& held) {
  const bool shared = Access::is_shared(held);
  pending_signal signal(co_await cond_wait(*cond.target(), Access::handle_of(held), shared));
  held = co_await Access::lock(lock_of(*cond.target()), shared);
  signal.delivered();
}

}  // namespace leash::detail
