#pragma once

#include <cstdint>
#include <exception>
#include <source_location>
#include <utility>

#include <leash/detail/sched/start.hpp>
#include <leash/detail/sync/context_core.hpp>

// Goroutines that cannot outlive the frame that started them: what with_scope, race, first and timeout
// are made of. A group is a context of its own and a count of the children that run on its leash.
//
// Invariants, under the context's lock
// - The group lives in the frame of the goroutine that joins it; no child touches it after it has
//   counted itself out. Every child holds a handle that can end the join.
// - The joiner goes on, or is unwound further, only when no child is left: an unwound joiner first
//   cancels its children, and its frames are destroyed when the last of them is gone.

namespace leash::detail {

// Whether `self`, the running goroutine, cannot be unwound now: it is shielded, or cleans up.
inline bool is_shielded(const goroutine* self) noexcept {
  return self != nullptr &&
         (self->is_unwinding() || self->shields.load(std::memory_order_relaxed) != 0);
}
// Whether those that it waits for outlive the end of run().
inline bool is_sheltered(const goroutine* self) noexcept {
  return is_shielded(self) || (self != nullptr && self->sheltered.load(std::memory_order_relaxed));
}

class group : public wait_base {
 public:
  // On a context below `parent` (may be null).
  explicit group(object* parent, clock_time deadline = clock_time::max())
      : context_(make_context(parent, deadline, set_of(capability::cancel))),
        owner_(current_goroutine()),
        sheltered_(is_sheltered(owner_)) {}
  group(group&&) = delete;
  // Whoever still has the context finds it done.
  ~group() {
    if (is_known_elsewhere()) cancel();
  }

  object& context() const noexcept { return *context_.target(); }
  goroutine* owner() const noexcept { return owner_; }
  bool sheltered() const noexcept { return sheltered_; }
  void cancel() noexcept { cancel_context(context(), errc::canceled, nullptr); }

  // A child begins; the handle is to be kept in its closure.
  handle enter() noexcept;
  // The child that entered is gone. Touches nothing of the group afterwards.
  void leave() noexcept;
  // The first failure is kept and the others are cancelled.
  void failed(std::exception_ptr what) noexcept;
  void unwound() noexcept;

  // Rethrows the first failure, or throws the context's error when a child was unwound.
  void rethrow();

  // co_await join(): suspends until no child is left.
  class join_operation {
   public:
    explicit join_operation(group& joined) noexcept : group_(&joined) {}
    join_operation(join_operation&&) = delete;
    void bind(promise_base& frame) noexcept { self_ = frame.owner; }
    bool await_ready() noexcept { return group_->try_join(*self_); }
    void await_suspend(std::coroutine_handle<>) noexcept { group_->suspend(*self_); }
    void await_resume() noexcept { self_->wait = nullptr; }

   private:
    group* group_;
    goroutine* self_ = nullptr;
  };
  [[nodiscard]] join_operation join() noexcept { return join_operation(*this); }

  bool abandon(goroutine& waiter) noexcept override;

 private:
  bool is_known_elsewhere() const noexcept;
  std::uint32_t& running() const noexcept { return context().as<context_body>().running_children; }
  bool try_join(goroutine& self) noexcept;
  void suspend(goroutine& self) noexcept;

  handle context_;
  goroutine* const owner_;
  const bool sheltered_;
  goroutine* joiner_ = nullptr;
  std::uint64_t joiner_word_ = 0;
  bool abandoned_ = false;
  bool doomed_ = false;
  bool any_unwound_ = false;
  std::exception_ptr failure_;
};

// The closure of a child: counts itself out at the very end.
class group_child : public closure_base {
 public:
  explicit group_child(group& owner) noexcept : group_(&owner), join_(owner.enter()) {}
  group_child(group_child&& other) noexcept
      : group_(std::exchange(other.group_, nullptr)), join_(std::move(other.join_)) {}
  group_child& operator=(group_child&&) = delete;
  ~group_child() override {
    if (group_ != nullptr) group_->leave();
  }

  goroutine* joiner() const noexcept { return group_->owner(); }
  bool sheltered() const noexcept { return group_->sheltered(); }
  void completed(promise_base* root) noexcept override {
    if (root == nullptr)
      group_->unwound();
    else if (root->failure)
      group_->failed(std::exchange(root->failure, nullptr));
  }
  void ended() noexcept override { std::exchange(group_, nullptr)->leave(); }

 protected:
  group* group_;

 private:
  handle join_;
};

// The context that new groups of the running goroutine are below; null: none.
inline object* current_leash() noexcept {
  const goroutine* self = current_goroutine();
  return self == nullptr || is_shielded(self) ? nullptr
                                              : self->leash.load(std::memory_order_relaxed);
}

}  // namespace leash::detail
