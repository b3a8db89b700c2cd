#include <leash/once.hpp>

#include <leash/detail/sync/wake_list.hpp>

namespace leash::detail {
namespace {

void destroy_once(object& once) noexcept { std::destroy_at(&once.as<once_body>()); }

constexpr object_class once_kind{"once", &destroy_once};

}  // namespace

handle make_once() {
  return handle::announce(make_object<once_body>(once_kind), set_of(capability::use));
}

void run_token::complete() noexcept {
  object& once = *handle_.use();
  auto& body = once.as<once_body>();
  wake_list woken;
  once.lock.lock();
  once.done.store(true, std::memory_order_release);
  body.running = false;
  while (wait_node* next = body.waiters.claim_first(once)) {
    woken.add(*next->waiter);
    if (mutated(rule::once_wakes_all)) break;
  }
  once.lock.unlock();
  handle_.reset();
  woken.make_all_ready();
  operation_over("complete", &once);
}

void run_token::give_up() noexcept {
  object& once = *handle_.use();
  auto& body = once.as<once_body>();
  goroutine* woken = nullptr;
  once.lock.lock();
  if (wait_node* next = body.waiters.claim_first(once)) {
    hand_over(*static_cast<handle*>(next->slot), std::move(handle_));
    woken = next->waiter;
  } else {
    body.running = false;
  }
  once.lock.unlock();
  handle_.reset();
  if (woken != nullptr) make_ready(*woken);
  operation_over("give up", &once);
}

}  // namespace leash::detail
