#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <stop_token>

#include <leash/detail/base/handle.hpp>
#include <leash/detail/base/operand.hpp>
#include <leash/detail/sched/leash_list.hpp>
#include <leash/detail/sched/promise.hpp>
#include <leash/detail/sched/scheduler.hpp>
#include <leash/detail/sync/wait_queue.hpp>
#include <leash/error.hpp>

// What happens inside a context. Compare Go's context/context.go.
//
// Invariants
// - `done` turns true once, under the lock, after reason and cause were written; only then are the
//   waiters, the goroutines on the leash and the children told.
// - What a context holds besides (a value, something to do when it is done) is given when it is made, and
//   destroyed with it. `armed` turns false once, under the lock, by who ends the context or drops what it holds:
//   that one may use it. While a context is armed it pins itself.
// - A child pins its parent and stands in its list, guarded by the parent's lock, until it is destroyed.
// - Cancelling claims and enqueues; no frame is destroyed in it. The children are cancelled after the
//   goroutines of their parent, each while pinned, with no lock held.

namespace leash::detail {

// What a context does with what it holds. Null for nothing.
struct context_hooks {
  // It is about to be done. Has returned before that can be seen; called without locks, by everybody who ends
  // it, so perhaps more than once.
  void (*ending)(object& context) noexcept = nullptr;
  // It is done. Called once if it was armed, by who ended it, without locks.
  void (*done)(object& context) noexcept = nullptr;
  // It goes, and with it what it holds (may be null).
  void (*destroy)(void* held) noexcept = nullptr;
};

struct context_body {
  leash_list leash;  // first, see leash_list.hpp
  wait_queue waiters;
  hidden_pointer<object> self;
  hidden_pointer<context_body> children;          // guarded by this context's lock
  hidden_pointer<context_body> previous_sibling;  // guarded by the parent's lock
  hidden_pointer<context_body> next_sibling;
  clock_time deadline = clock_time::max();
  errc reason = errc::canceled;
  std::uint32_t running_children = 0;  // of a scope: goroutines that have not ended
  std::exception_ptr cause;
  operand values;  // pinned; where values are looked up instead of the parent
  const void* key = nullptr;
  void* held = nullptr;
  const context_hooks* hooks = nullptr;
  std::stop_source stop{std::nostopstate};  // made when somebody asks for a token
  bool can_end = false;                     // by its owner or its deadline, not only by its parent
  bool armed = false;
};

// What a context is made with, besides its parent.
struct context_extra {
  const void* key = nullptr;
  void* held = nullptr;
  const context_hooks* hooks = nullptr;
  bool armed = false;
  std::exception_ptr deadline_cause = nullptr;
};

// A context below `parent` (null: none). Done already when its parent is.
handle make_context(object* parent, clock_time deadline, capability_set can,
                    const context_extra& extra = {});

// The nearest that can end by itself, of this context (may be null) and those above; null: it is never done.
object* what_can_end(object* context) noexcept;
// What the context or one above it holds for `key`; null when none does.
const void* find_value(object* context, const void* key) noexcept;

// When time ends the context or one above it; max() when it does not, when this is no context, and when the object is not
// in this generation any more. Called without locks, about any object.
clock_time deadline_of(object& context, std::uint32_t generation) noexcept;

// Ends a context and all below it. Does nothing when it is done. Any thread.
void cancel_context(object& context, errc reason, const std::exception_ptr& cause) noexcept;

// co_await: suspends until a context is done; for ever when there is none.
class done_operation final : public wait_base {
 public:
  explicit done_operation(object* context) noexcept : context_(context) {}
  done_operation(done_operation&&) = delete;
  void bind(promise_base& frame) noexcept { self_ = frame.owner; }
  bool await_ready() noexcept;
  void await_suspend(std::coroutine_handle<>) noexcept;
  void await_resume() noexcept { self_->wait = nullptr; }
  bool abandon(goroutine& waiter) noexcept override;

 private:
  operand context_;
  goroutine* self_ = nullptr;
  bool unwind_ = false;
  wait_node node_;
};

}  // namespace leash::detail
