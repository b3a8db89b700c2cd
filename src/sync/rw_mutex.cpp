#include <leash/rw_mutex.hpp>

namespace leash::detail {
namespace {

void destroy_rw_mutex(object& rw_mutex) noexcept { std::destroy_at(&rw_mutex.as<rw_mutex_body>()); }

constexpr object_class rw_mutex_kind{"rw_mutex", &destroy_rw_mutex};

void let_readers_in(object& rw_mutex, wake_list& woken) noexcept {
  auto& body = rw_mutex.as<rw_mutex_body>();
  while (wait_node* reader = body.readers.claim_first(rw_mutex)) {
    ++body.reading;
    hand_over(*static_cast<handle*>(reader->slot), handle(&rw_mutex, set_of(capability::unlock)));
    woken.add(*reader->waiter);
  }
}

// False: no writer waits.
bool let_writer_in(object& rw_mutex, handle& guard, wake_list& woken) noexcept {
  auto& body = rw_mutex.as<rw_mutex_body>();
  wait_node* writer = body.writers.claim_first(rw_mutex);
  if (writer == nullptr) return false;
  body.writing = true;
  hand_over(*static_cast<handle*>(writer->slot), std::move(guard));
  woken.add(*writer->waiter);
  return true;
}

}  // namespace

handle make_rw_mutex() {
  return handle::announce(make_object<rw_mutex_body>(rw_mutex_kind), set_of(capability::use));
}

void rw_pass_on(object& rw_mutex, handle& guard, bool shared, wake_list& woken) noexcept {
  auto& body = rw_mutex.as<rw_mutex_body>();
  if (shared) {
    if (--body.reading != 0 || mutated(rule::last_reader_lets_in)) return;
    // Readers wait here only behind writers that were cancelled.
    if (!let_writer_in(rw_mutex, guard, woken)) let_readers_in(rw_mutex, woken);
    return;
  }
  body.writing = false;
  let_readers_in(rw_mutex, woken);
  if (body.reading == 0) static_cast<void>(let_writer_in(rw_mutex, guard, woken));
}

void unlock_rw_mutex(handle& guard, bool shared) noexcept {
  object& rw_mutex = *guard.use();
  wake_list woken;
  rw_mutex.lock.lock();
  rw_pass_on(rw_mutex, guard, shared, woken);
  rw_mutex.lock.unlock();
  guard.reset();
  woken.make_all_ready();
  operation_over("unlock", &rw_mutex);
}

void rw_wait::await_suspend(std::coroutine_handle<>) noexcept {
  auto& body = target_->as<rw_mutex_body>();
  if (shared_) {
    suspend(&body.readers, wait_reason::rw_mutex_lock_shared,
            set_of(capability::unlock, capability::depart));
    return;
  }
  if (plan_ == plan::park && !mutated(rule::departure_listed))
    departure_ = handle(target_.get(), set_of(capability::depart));
  suspend(&body.writers, wait_reason::rw_mutex_lock, set_of(capability::unlock));
}

bool rw_wait::abandon(goroutine&) noexcept {
  if (mutated(rule::leave_before_destroy)) return true;
  wake_list woken;
  object& rw_mutex = *target_;
  rw_mutex.lock.lock();
  leave_queue();
  const auto& body = rw_mutex.as<rw_mutex_body>();
  if (!body.writing && body.writers.empty() && !mutated(rule::leaver_lets_in))
    let_readers_in(rw_mutex, woken);
  unlock_and_free_if_unused(rw_mutex);
  woken.make_all_ready();
  return true;
}

}  // namespace leash::detail

namespace leash {

void rw_mutex::guard::unlock() {
  if (!handle_) throw error(errc::not_locked);
  detail::unlock_rw_mutex(handle_, shared_);
}

rw_mutex::guard rw_mutex::attempt(bool shared) const {
  detail::object& target = detail::use_or_throw(handle_);
  guard held;
  target.lock.lock();
  if (detail::rw_lock_if_free(target, shared)) {
    held.handle_ = detail::handle(&target, detail::set_of(detail::capability::unlock));
    held.shared_ = shared;
  }
  target.lock.unlock();
  detail::operation_over(shared ? "try_lock_shared" : "try_lock", &target,
                         held.handle_ ? detail::effect::some : detail::effect::nothing);
  return held;
}

}  // namespace leash
