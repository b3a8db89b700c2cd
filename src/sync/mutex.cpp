#include <leash/mutex.hpp>

namespace leash::detail {
namespace {

void destroy_mutex(object& mutex) noexcept { std::destroy_at(&mutex.as<mutex_body>()); }

constexpr object_class mutex_kind{"mutex", &destroy_mutex};

}  // namespace

handle make_mutex() {
  return handle::announce(make_object<mutex_body>(mutex_kind), set_of(capability::use));
}

goroutine* pass_on(object& mutex, handle& guard) noexcept {
  auto& body = mutex.as<mutex_body>();
  if (mutated(rule::unlock_wakes_next)) {
    body.locked = false;
    return nullptr;
  }
  if (wait_node* next = body.waiters.claim_first(mutex)) {
    hand_over(*static_cast<handle*>(next->slot), std::move(guard));
    return next->waiter;
  }
  body.locked = false;
  return nullptr;
}

void unlock_mutex(handle& guard) noexcept {
  object& mutex = *guard.use();
  mutex.lock.lock();
  goroutine* next = pass_on(mutex, guard);
  mutex.lock.unlock();
  guard.reset();
  if (next != nullptr) make_ready(*next);
  operation_over("unlock", &mutex);
}

}  // namespace leash::detail

namespace leash {

void mutex::guard::unlock() {
  if (!handle_) throw error(errc::not_locked);
  detail::unlock_mutex(handle_);
}

mutex::guard mutex::try_lock() const {
  detail::object& target = detail::use_or_throw(handle_);
  target.lock.lock();
  guard held;
  if (detail::lock_if_free(target))
    held.handle_ = detail::handle(&target, detail::set_of(detail::capability::unlock));
  target.lock.unlock();
  detail::operation_over("try_lock", &target,
                         held.handle_ ? detail::effect::some : detail::effect::nothing);
  return held;
}

}  // namespace leash
