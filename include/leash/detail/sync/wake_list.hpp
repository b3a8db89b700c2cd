#pragma once

#include <leash/detail/sched/scheduler.hpp>

namespace leash::detail {

// Claimed goroutines, in the order of their claims: collected under a lock, made ready after it.
class wake_list {
 public:
  void add(goroutine& claimed) noexcept {
    claimed.next = nullptr;
    (last_ != nullptr ? last_->next : first_) = &claimed;
    last_ = &claimed;
  }
  void make_all_ready() noexcept {
    const bool alone = first_ == last_;
    while (first_ != nullptr) {
      goroutine& next = *first_;
      first_ = next.next;
      make_ready(next, alone);
    }
    last_ = nullptr;
  }

 private:
  goroutine* first_ = nullptr;
  goroutine* last_ = nullptr;
};

}  // namespace leash::detail
