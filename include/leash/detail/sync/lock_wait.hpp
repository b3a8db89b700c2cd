#pragma once

#include <utility>

#include <leash/detail/base/handle.hpp>
#include <leash/detail/sync/object_wait.hpp>

// Waits that end with a handle that can unlock: the guard of a lock, a permit of a semaphore.
//
// Invariants
// - Whoever holds a lock has such a handle, at every instant: it is made under the object's lock by who
//   locks what is free, and by who lets a waiter in inside that one's operation, under the claim. A lock
//   that is handed over is never free in between, so nobody overtakes a waiter.
// - What is free is locked without suspending: await_ready keeps the object's lock, and await_resume,
//   which follows at once, makes the handle where it stays.

namespace leash::detail {

class lock_wait : public object_wait {
 public:
  // After it was resumed: the handle that can unlock.
  handle take() noexcept {
    resumed();
    return at_once_ ? link_and_unlock() : handle(std::move(granted_));
  }

 protected:
  explicit lock_wait(object& target) noexcept : object_wait(&target) { node_.slot = &granted_; }
  ~lock_wait() = default;

  // await_ready's end, under the lock: it is ours now (`locked`), or somebody has to be waited for.
  bool settle(bool locked) noexcept {
    if (!locked) return false;
    if (end_of_slice()) {
      at_once_ = true;
      return true;
    }
    granted_ = handle(target_.get(), set_of(capability::unlock));
    target_->lock.unlock();
    return false;
  }

  handle granted_;  // by who let it in

 private:
  handle link_and_unlock() noexcept {
    struct unlock_at_exit {
      spin_lock& lock;
      ~unlock_at_exit() { lock.unlock(); }
    } const after{target_->lock};
    return {target_.get(), set_of(capability::unlock)};
  }

  bool at_once_ = false;
};

// The lock is handed over: it is the claimed waiter's from here on, for all to see.
inline void hand_over(handle& granted, handle&& unlocks) noexcept {
  if (!mutated(rule::grant_listed)) granted = std::move(unlocks);
}

// What lock() returns. Wait: how to lock; Guard: what co_await gives, made from the wait.
template <class Wait, class Guard>
class [[nodiscard("a lock is taken when it is awaited")]] lock_operation final : public Wait {
 public:
  using Wait::Wait;
  Guard await_resume() noexcept { return Guard(static_cast<Wait&>(*this)); }
};

// What a handle names, for an operation that needs something to be there. Throws errc::nil_handle.
object& use_or_throw(const handle& named);

}  // namespace leash::detail
