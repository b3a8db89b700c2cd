#include <leash/context.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace leash::detail {
namespace {

void destroy_context(object& context) noexcept {
  auto& body = context.as<context_body>();
  if (body.hooks != nullptr && body.hooks->destroy != nullptr) body.hooks->destroy(body.held);
  if (body.values) unpin(*body.values);
  if (object* parent = context.parent.load(std::memory_order_relaxed)) {
    parent->lock.lock();
    auto& siblings = parent->as<context_body>();
    (body.previous_sibling ? body.previous_sibling->next_sibling : siblings.children) =
        body.next_sibling;
    if (body.next_sibling) body.next_sibling->previous_sibling = body.previous_sibling;
    parent->pins -= 1;
    unlock_and_free_if_unused(*parent);
  }
  std::destroy_at(&body);
}

constexpr object_class context_kind{"context", &destroy_context};

// A context as somebody saw it who does not pin it: it may have gone since, and its slot be another's.
struct seen_context {
  hidden_pointer<object> context;
  std::uint32_t generation;
};

// Pins the context if it still is the one that was seen. Called without locks.
bool pin_if_same(const seen_context& seen) noexcept {
  object& context = *seen.context;
  context.lock.lock();
  const bool same =
      context.alive && context.generation.load(std::memory_order_relaxed) == seen.generation;
  if (same) context.pins += 1;
  context.lock.unlock();
  return same;
}

// A deadline's timer; the stamp is the generation of the object it was armed for.
void deadline_passed(void* target, std::uint64_t generation, std::uint32_t) noexcept {
  auto& context = *static_cast<object*>(target);
  if (!pin_if_same({hidden_pointer(&context), static_cast<std::uint32_t>(generation)})) return;
  context.lock.lock();
  const std::exception_ptr cause = context.as<context_body>().cause;
  context.lock.unlock();
  cancel_context(context, errc::deadline_exceeded, cause);
  unpin(context);
}

// Who is told after a context's own waiters and goroutines.
struct told_later {
  std::vector<seen_context> children;
  std::vector<std::stop_source> tokens;
};

// Tells everybody who waits for one context, and collects who is told later. False: it was done.
bool finish_one(object& context, errc reason, const std::exception_ptr& cause,
                told_later& later) noexcept {
  auto& body = context.as<context_body>();
  if (body.hooks != nullptr && body.hooks->ending != nullptr) body.hooks->ending(context);
  context.lock.lock();
  if (context.done.load(std::memory_order_relaxed)) {
    context.lock.unlock();
    return false;
  }
  body.reason = reason;
  const std::exception_ptr displaced = std::exchange(body.cause, cause);  // dies without the lock
  context.done.store(true, std::memory_order_seq_cst);
  touch(common_thing::contexts, access::write);
  const bool armed = std::exchange(body.armed, false);
  if (body.stop.stop_possible()) later.tokens.push_back(body.stop);
  goroutine* woken = nullptr;
  while (wait_node* node =
             mutated(rule::done_is_told) ? nullptr : body.waiters.claim_first(context)) {
    node->waiter->next = woken;
    woken = node->waiter;
  }
  // Their own locks are not taken here: a select that holds a child's may wait for ours.
  for (const context_body* child = body.children.get(); child != nullptr;
       child = child->next_sibling.get()) {
    object& below = *child->self;
    if (mutated(rule::children_unlocked)) below.lock.lock();
    later.children.push_back(
        {hidden_pointer(&below), below.generation.load(std::memory_order_relaxed)});
    if (mutated(rule::children_unlocked)) below.lock.unlock();
  }
  context.lock.unlock();
  claim_bound(context);
  while (woken != nullptr) {
    goroutine* item = woken;
    woken = item->next;
    make_ready(*item, false);
  }
  if (armed) {
    if (body.hooks->done != nullptr) body.hooks->done(context);
    unpin(context);
  }
  return true;
}

}  // namespace

handle make_context(object* parent, clock_time deadline, capability_set can,
                    const context_extra& extra) {
  object* made = make_object<context_body>(context_kind);
  auto& body = made->as<context_body>();
  body.self = hidden_pointer(made);
  body.deadline = deadline;
  body.cause = extra.deadline_cause;
  body.key = extra.key;
  body.held = extra.held;
  body.hooks = extra.hooks;
  body.armed = extra.armed;
  body.can_end = can != 0 || deadline != clock_time::max();
  handle first = handle::announce(made, can);
  if (extra.armed) pin(*made);
  if (parent != nullptr) {
    made->parent.store(parent, std::memory_order_release);
    parent->lock.lock();
    auto& above = parent->as<context_body>();
    parent->pins += 1;
    body.next_sibling = above.children;
    const hidden_pointer fresh(&body);
    if (above.children) above.children->previous_sibling = fresh;
    above.children = fresh;
    const bool done = parent->done.load(std::memory_order_relaxed);
    const errc reason = above.reason;
    const std::exception_ptr cause = above.cause;
    body.deadline = std::min(deadline, above.deadline);
    parent->lock.unlock();
    if (done) cancel_context(*made, reason, cause);
  }
  if (deadline != clock_time::max()) {
    made->outside.store(set_of(capability::cancel), std::memory_order_release);
    scheduler& home = current_scheduler();
    arm_object_timer(home, deadline, deadline_passed, *made,
                     made->generation.load(std::memory_order_relaxed));
  }
  return first;
}

clock_time deadline_of(object& context, std::uint32_t generation) noexcept {
  context.lock.lock();
  const bool same = context.alive &&
                    context.generation.load(std::memory_order_relaxed) == generation &&
                    context.kind == &context_kind;
  const clock_time deadline = same ? context.as<context_body>().deadline : clock_time::max();
  context.lock.unlock();
  return deadline;
}

void cancel_context(object& context, errc reason, const std::exception_ptr& cause) noexcept {
  told_later later;
  if (!finish_one(context, reason, cause, later)) return;
  while (!later.children.empty()) {
    const seen_context next = later.children.back();
    later.children.pop_back();
    if (!pin_if_same(next)) continue;
    finish_one(*next.context, reason, cause, later);
    unpin(*next.context);
  }
  // Last, because this runs callbacks of the program.
  for (std::stop_source& each : later.tokens) each.request_stop();
  operation_over("cancel", &context);
}

bool done_operation::await_ready() noexcept {
  if (doomed(*self_)) {
    unwind_ = true;
    return false;
  }
  // At the end of a time slice await_suspend finds it done, and yields.
  return context_ && context_->done.load(std::memory_order_seq_cst) && --self_->slice != 0;
}

[[gnu::noinline]] void done_operation::await_suspend(std::coroutine_handle<>) noexcept {
  goroutine& self = *self_;
  if (unwind_) {
    unwind_self(self);
    return;
  }
  if (!context_) {
    self.wait = nullptr;
    if (park(self, wait_reason::context_done, nullptr, 0) == 0) make_ready(self);
    return;
  }
  object& context = *context_;
  context.lock.lock();
  auto& body = context.as<context_body>();
  if (context.done.load(std::memory_order_relaxed)) {
    context.lock.unlock();
    if (somebody_explores()) [[unlikely]]
      tell_awaited(text_of(wait_reason::context_done), &context, effect::some);
    yield_current(self);
    return;
  }
  self.wait = this;
  node_.waiter = &self;
  const wait_target target{hidden_pointer(&context), set_of(capability::cancel)};
  node_.word = park(self, wait_reason::context_done, &target, 1);
  const bool parked = node_.word != 0;
  if (parked) body.waiters.push(context, node_);
  context.lock.unlock();
  if (!parked) make_ready(self);
}

bool done_operation::abandon(goroutine&) noexcept {
  context_->lock.lock();
  if (node_.queued) context_->as<context_body>().waiters.remove(*context_, node_);
  unlock_and_free_if_unused(*context_);
  return true;
}

}  // namespace leash::detail

namespace leash {

bool context::is_done() const noexcept {
  const detail::object* target = handle_.target();
  if (target == nullptr) return false;
  const bool done = target->done.load(std::memory_order_seq_cst);
  if (detail::somebody_explores()) [[unlikely]] {
    detail::tell_touched(detail::common_thing::contexts, detail::access::read);
    detail::tell_over("is_done", target, done ? detail::effect::some : detail::effect::nothing);
  }
  return done;
}

std::error_code context::error() const noexcept {
  if (!is_done()) return {};
  return make_error_code(handle_.target()->as<detail::context_body>().reason);
}

std::exception_ptr context::cause() const noexcept {
  if (!is_done()) return nullptr;
  const auto& body = handle_.target()->as<detail::context_body>();
  return body.cause ? body.cause : std::make_exception_ptr(leash::error(body.reason));
}

std::optional<std::chrono::steady_clock::time_point> context::deadline() const noexcept {
  if (!handle_) return std::nullopt;
  const auto at = handle_.target()->as<detail::context_body>().deadline;
  if (at == detail::clock_time::max()) return std::nullopt;
  return at;
}

cancelable_context with_cancel(const context& parent) {
  return with_deadline(parent, detail::clock_time::max());
}

cancelable_context with_timeout(const context& parent, std::chrono::nanoseconds limit,
                                std::exception_ptr cause) {
  return with_deadline(parent, detail::in_future(detail::current_scheduler(), limit),
                       std::move(cause));
}

cancelable_context with_deadline(const context& parent,
                                 std::chrono::steady_clock::time_point deadline,
                                 std::exception_ptr cause) {
  return detail::context_access::own(detail::make_context(
      detail::context_access::target(parent), deadline, detail::set_of(detail::capability::cancel),
      {.deadline_cause = std::move(cause)}));
}

void cancelable_context::cancel() const noexcept { cancel(std::exception_ptr()); }

void cancelable_context::cancel(const std::exception_ptr& cause) const noexcept {
  if (handle_) detail::cancel_context(*handle_.use(), errc::canceled, cause);
}

context this_goroutine::context() noexcept {
  const detail::goroutine* self = detail::current_goroutine();
  detail::object* leash = self == nullptr ? nullptr : self->leash.load(std::memory_order_relaxed);
  if (leash == nullptr) return {};
  return detail::context_access::make(detail::handle(leash, 0));
}

}  // namespace leash
