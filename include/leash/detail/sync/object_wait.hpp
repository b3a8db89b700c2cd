#pragma once

#include <cstdint>

#include <leash/detail/base/hidden_pointer.hpp>
#include <leash/detail/base/operand.hpp>
#include <leash/detail/sched/promise.hpp>
#include <leash/detail/sched/scheduler.hpp>
#include <leash/detail/sync/wait_queue.hpp>

namespace leash::detail {

// What the operations have in common that wait in a queue of one object:
//
//   await_ready    enter(), the look at the object, leave()
//   await_suspend  suspend()
//   await_resume   resumed()
//
// Doom is looked at before any effect. The object's lock is held from the look that found that
// somebody has to be waited for to the park, so that nothing is missed in between.
class object_wait : public wait_base {
 public:
  object_wait(object_wait&&) = delete;
  void bind(promise_base& frame) noexcept { self_ = frame.owner; }
  bool abandon(goroutine& waiter) noexcept override;

 protected:
  // What await_suspend has to do.
  enum class plan : std::uint8_t { park, unwind, yield };

  // Without a target it waits for ever. `can`: what the operation can do to it before it has to wait, or by that.
  explicit object_wait(object* target, capability_set can = 0) noexcept : target_(target, can) {}
  ~object_wait() = default;

  // True: look at the object, whose lock is held now, and leave().
  bool enter() noexcept {
    if (doomed(*self_) && !mutated(rule::doom_before_effect)) {
      plan_ = plan::unwind;
      return false;
    }
    if (!target_) return false;
    target_->lock.lock();
    return true;
  }
  // The operation is over (`done`), or has to wait: the lock is kept then. True: no need to suspend.
  bool leave(bool done, goroutine* woken) noexcept {
    if (!done) return false;
    target_->lock.unlock();
    if (woken != nullptr && !mutated(rule::served_is_woken)) make_ready(*woken);
    return end_of_slice();
  }
  // For an operation that is over. True: it goes on; false: it gives way to others first.
  bool end_of_slice() noexcept {
    if (--self_->slice != 0) return true;
    plan_ = plan::yield;
    return false;
  }
  // `queue` is one of the target's. Not inlined: its locals may not be in the frame, which somebody
  // else may have by the time it returns.
  void suspend(wait_queue* queue, wait_reason reason, capability_set ends) noexcept;
  // Its parts, for those who have more to do. True: there was no need to park, and there is no lock.
  bool suspended_at_once(wait_reason reason) noexcept;
  // Requires the lock. False: the goroutine is doomed, and to be made ready after unlocking.
  bool park_in(wait_queue& queue, wait_reason reason, capability_set ends) noexcept;
  // For abandon(). Requires the lock.
  void leave_queue() noexcept {
    if (node_.queued) queue_->remove(*target_, node_);
  }
  void resumed() noexcept { self_->wait = nullptr; }

  const operand target_;
  goroutine* self_ = nullptr;
  wait_node node_;
  hidden_pointer<wait_queue> queue_;
  plan plan_ = plan::park;
};

}  // namespace leash::detail
