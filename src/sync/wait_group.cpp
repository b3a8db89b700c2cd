#include <leash/wait_group.hpp>

#include <memory>

#include <leash/error.hpp>

namespace leash::detail {
namespace {

void destroy_wait_group(object& group) noexcept { std::destroy_at(&group.as<wait_group_body>()); }

constexpr object_class wait_group_kind{"sync.WaitGroup", &destroy_wait_group};

// Requires the lock, which it releases. False: that would be below zero.
bool add_and_unlock(object& group, std::int64_t n) noexcept {
  auto& body = group.as<wait_group_body>();
  if (n < -body.count) {
    group.lock.unlock();
    return false;
  }
  body.count += n;
  goroutine* woken = nullptr;
  if (body.count == 0 || (mutated(rule::group_waits_for_zero) && body.count == 1)) {
    while (wait_node* node = body.waiters.claim_first(group)) {
      node->waiter->next = woken;
      woken = node->waiter;
    }
  }
  group.lock.unlock();
  while (woken != nullptr) {
    goroutine* item = woken;
    woken = item->next;
    make_ready(*item);
  }
  operation_over(n < 0 ? "done" : "add", &group);
  return true;
}

}  // namespace

handle make_wait_group() {
  return handle::announce(make_object<wait_group_body>(wait_group_kind),
                          set_of(capability::notify));
}

void add_to_wait_group(const handle& named, std::int64_t n) {
  if (!named) throw error(errc::nil_handle, "use of a nil wait_group: it was moved from");
  object& group = *named.use();
  group.lock.lock();
  if (!add_and_unlock(group, n)) throw error(errc::negative_counter);
}

void take_from_wait_group(object& group) noexcept {
  group.lock.lock();
  add_and_unlock(group, -1);
}

}  // namespace leash::detail

namespace leash {

wait_group::wait_group() : handle_(detail::make_wait_group()) {}

void wait_group::add(std::int64_t n) const { detail::add_to_wait_group(handle_, n); }

detail::wait_group_wait wait_group::wait() const {
  if (is_nil()) throw error(errc::nil_handle, "wait on a nil wait_group: it was moved from");
  return detail::wait_group_wait(*handle_.target());
}

wait_group_token wait_group::token() const {
  add(1);
  return wait_group_token(detail::handle(handle_));
}

void wait_group_token::done() noexcept {
  if (!handle_) return;
  detail::take_from_wait_group(*handle_.use());
  handle_.reset();
}

}  // namespace leash
