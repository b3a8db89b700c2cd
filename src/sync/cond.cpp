#include <leash/cond.hpp>

namespace leash::detail {
namespace {

void destroy_cond(object& cond) noexcept { std::destroy_at(&cond.as<cond_body>()); }

constexpr object_class cond_kind{"cond", &destroy_cond};

}  // namespace

handle make_cond(const handle& lock, bool rw) {
  if (!lock) throw error(errc::nil_handle);
  object* made = make_object<cond_body>(cond_kind);
  auto& body = made->as<cond_body>();
  body.lock = handle(lock, 0);
  body.rw = rw;
  return handle::announce(made, set_of(capability::notify));
}

void signal_cond(object& cond) noexcept {
  cond.lock.lock();
  wait_node* next = cond.as<cond_body>().waiters.claim_first(cond);
  goroutine* woken = nullptr;
  if (next != nullptr) {
    *static_cast<handle*>(next->slot) = handle(&cond, set_of(capability::notify));
    woken = next->waiter;
  }
  cond.lock.unlock();
  if (woken != nullptr) make_ready(*woken);
  operation_over("signal", &cond);
}

void broadcast_cond(object& cond) noexcept {
  wake_list woken;
  cond.lock.lock();
  while (wait_node* next = cond.as<cond_body>().waiters.claim_first(cond)) {
    woken.add(*next->waiter);
    if (mutated(rule::broadcast_wakes_all)) break;
  }
  cond.lock.unlock();
  woken.make_all_ready();
  operation_over("broadcast", &cond);
}

// The handle is dropped here: the cond's own keeps the mutex.
void cond_wait::let_lock_go(wake_list& woken) noexcept {
  object& lock = *guard_->use();
  lock.lock.lock();
  if (target_->as<cond_body>().rw)
    rw_pass_on(lock, *guard_, shared_, woken);
  else if (goroutine* next = pass_on(lock, *guard_))
    woken.add(*next);
  lock.lock.unlock();
  guard_->reset();
}

[[gnu::noinline]] void cond_wait::await_suspend(std::coroutine_handle<>) noexcept {
  goroutine& self = *self_;
  wake_list woken;
  if (plan_ == plan::unwind) {
    let_lock_go(woken);
    unwind_self(self);
  } else {
    // A cancel may claim the wait as soon as it is parked, but it leaves the frame alone until it has
    // got the cond's lock.
    object& cond = *target_;
    const bool parked =
        park_in(cond.as<cond_body>().waiters, wait_reason::cond_wait, set_of(capability::notify));
    let_lock_go(woken);
    cond.lock.unlock();
    if (!parked) make_ready(self);
  }
  woken.make_all_ready();
}

}  // namespace leash::detail
