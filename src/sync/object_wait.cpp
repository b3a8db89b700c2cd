#include <leash/detail/sync/object_wait.hpp>

namespace leash::detail {

bool object_wait::suspended_at_once(wait_reason reason) noexcept {
  goroutine& self = *self_;
  if (plan_ == plan::park) return false;
  if (plan_ == plan::unwind) {
    unwind_self(self);
    return true;
  }
  if (somebody_explores()) [[unlikely]]
    tell_awaited(text_of(reason), target_.get(), effect::some);
  yield_current(self);
  return true;
}

bool object_wait::park_in(wait_queue& queue, wait_reason reason, capability_set ends) noexcept {
  goroutine& self = *self_;
  self.wait = this;
  node_.waiter = &self;
  queue_ = hidden_pointer(&queue);
  const wait_target target{hidden_pointer(target_.get()), ends};
  node_.word = park(self, reason, &target, 1);
  if (node_.word == 0) return false;
  queue.push(*target_, node_);
  return true;
}

[[gnu::noinline]] void object_wait::suspend(wait_queue* queue, wait_reason reason,
                                            capability_set ends) noexcept {
  if (suspended_at_once(reason)) return;
  goroutine& self = *self_;
  if (!target_) {
    self.wait = nullptr;
    if (park(self, reason, nullptr, 0) == 0) make_ready(self);
    return;
  }
  object& target = *target_;
  const bool parked = park_in(*queue, reason, ends);
  target.lock.unlock();
  if (!parked) make_ready(self);
}

bool object_wait::abandon(goroutine&) noexcept {
  if (mutated(rule::leave_before_destroy)) return true;
  target_->lock.lock();
  leave_queue();
  unlock_and_free_if_unused(*target_);
  return true;
}

}  // namespace leash::detail
