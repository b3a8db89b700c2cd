#pragma once

#include <cstdint>
#include <exception>
#include <utility>

#include <leash/detail/sched/start.hpp>
#include <leash/detail/sync/object_wait.hpp>

// What happens inside a wait group. Compare Go's sync/waitgroup.go.
//
// Invariants, under the object's lock
// - Waiters wait only while the count is above zero; who takes it to zero claims them all, so a count that
//   grows again at once is another round, and none of theirs.
// - The count never is below zero: what would take it there has no effect.

namespace leash::detail {

struct wait_group_body {
  wait_queue waiters;
  std::int64_t count = 0;
};

handle make_wait_group();
// Throws errc::negative_counter, and errc::nil_handle.
void add_to_wait_group(const handle& named, std::int64_t n);
// For something that has added one and will not do it again.
void take_from_wait_group(object& group) noexcept;

class [[nodiscard("a wait happens when it is awaited")]] wait_group_wait final
    : public object_wait {
 public:
  explicit wait_group_wait(object& group) noexcept : object_wait(&group) {}
  bool await_ready() noexcept { return enter() && leave(body().count == 0, nullptr); }
  void await_suspend(std::coroutine_handle<>) noexcept {
    suspend(&body().waiters, wait_reason::wait_group_wait, set_of(capability::notify));
  }
  void await_resume() noexcept { resumed(); }

 private:
  wait_group_body& body() const noexcept { return target_->as<wait_group_body>(); }
};

// The closure of a goroutine that a wait group counts.
class counted_closure : public closure_base {
 public:
  explicit counted_closure(handle group) noexcept : group_(std::move(group)) {}
  counted_closure(counted_closure&&) noexcept = default;
  counted_closure& operator=(counted_closure&&) = delete;
  ~counted_closure() override { done(); }
  void ended() noexcept override { done(); }

 private:
  void done() noexcept {
    if (!group_) return;
    take_from_wait_group(*group_.target());
    group_.reset();
  }

  handle group_;
};

}  // namespace leash::detail
