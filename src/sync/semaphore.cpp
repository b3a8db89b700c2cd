#include <leash/semaphore.hpp>

#include <string>

namespace leash::detail {
namespace {

void destroy_semaphore(object& semaphore) noexcept {
  std::destroy_at(&semaphore.as<semaphore_body>());
}

constexpr object_class semaphore_kind{"semaphore", &destroy_semaphore};

}  // namespace

handle make_semaphore(std::size_t permits) {
  object* made = make_object<semaphore_body>(semaphore_kind);
  auto& body = made->as<semaphore_body>();
  body.available = permits;
  body.size = permits;
  return handle::announce(made, set_of(capability::use));
}

void acquire_wait::let_in(object& semaphore, wake_list& woken) noexcept {
  auto& body = semaphore.as<semaphore_body>();
  while (wait_node* first = body.waiters.first()) {
    auto& next = *static_cast<acquire_wait*>(first->slot);
    if (next.permits_ > body.available) return;
    if (!body.waiters.take(semaphore, *first)) continue;
    body.available -= next.permits_;
    hand_over(next.granted_, handle(&semaphore, set_of(capability::unlock)));
    woken.add(*first->waiter);
  }
}

void give_back(handle& permit, std::size_t permits) noexcept {
  object& semaphore = *permit.use();
  wake_list woken;
  semaphore.lock.lock();
  semaphore.as<semaphore_body>().available +=
      mutated(rule::permits_all_given_back) ? permits - 1 : permits;
  acquire_wait::let_in(semaphore, woken);
  semaphore.lock.unlock();
  permit.reset();
  woken.make_all_ready();
  operation_over("release", &semaphore);
}

void acquire_wait::await_suspend(std::coroutine_handle<>) noexcept {
  auto& waiters = target_->as<semaphore_body>().waiters;
  capability_set ends = set_of(capability::unlock);
  if (plan_ == plan::park) {
    if (!mutated(rule::departure_listed))
      departure_ = handle(target_.get(), set_of(capability::depart));
    if (!waiters.empty()) ends |= set_of(capability::depart);
  }
  suspend(&waiters, wait_reason::semacquire, ends);
}

bool acquire_wait::abandon(goroutine&) noexcept {
  if (mutated(rule::leave_before_destroy)) return true;
  wake_list woken;
  object& semaphore = *target_;
  semaphore.lock.lock();
  leave_queue();
  if (!mutated(rule::leaver_lets_in)) let_in(semaphore, woken);
  unlock_and_free_if_unused(semaphore);
  woken.make_all_ready();
  return true;
}

}  // namespace leash::detail

namespace leash {
namespace {

template <class Read>
std::size_t read_locked(detail::object* semaphore, Read read) noexcept {
  if (semaphore == nullptr) return 0;
  semaphore->lock.lock();
  const std::size_t value = read(semaphore->as<detail::semaphore_body>());
  semaphore->lock.unlock();
  detail::operation_over("look", semaphore, detail::effect::nothing);
  return value;
}

}  // namespace

void semaphore::permit::release() {
  if (!handle_) throw error(errc::not_locked);
  detail::give_back(handle_, permits_);
}

// The size never changes: no lock is needed to read it.
detail::object& semaphore::checked(std::size_t permits) const {
  detail::object& target = detail::use_or_throw(handle_);
  const std::size_t size = target.as<detail::semaphore_body>().size;
  if (permits > size)
    throw error(errc::bad_option, "acquire(" + std::to_string(permits) + ") of a semaphore with " +
                                      std::to_string(size) +
                                      " permits would never end: ask for no more than it has");
  return target;
}

semaphore::permit semaphore::try_acquire(std::size_t permits) const {
  detail::object& target = checked(permits);
  permit got;
  target.lock.lock();
  if (detail::acquire_if_free(target, permits)) {
    got.handle_ = detail::handle(&target, detail::set_of(detail::capability::unlock));
    got.permits_ = permits;
  }
  target.lock.unlock();
  detail::operation_over("try_acquire", &target,
                         got.handle_ ? detail::effect::some : detail::effect::nothing);
  return got;
}

std::size_t semaphore::size() const noexcept {
  return read_locked(handle_.target(),
                     [](const detail::semaphore_body& body) { return body.size; });
}

std::size_t semaphore::available() const noexcept {
  return read_locked(handle_.target(),
                     [](const detail::semaphore_body& body) { return body.available; });
}

}  // namespace leash
