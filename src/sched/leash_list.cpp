#include <leash/detail/sched/leash_list.hpp>

#include <leash/detail/sched/scheduler.hpp>

namespace leash::detail {
namespace {

void link(goroutine*& head, goroutine& item) noexcept {
  item.leash_previous = nullptr;
  item.leash_next = head;
  if (head != nullptr) head->leash_previous = &item;
  head = &item;
}

void unlink(goroutine*& head, goroutine& item) noexcept {
  if (item.leash_previous != nullptr)
    item.leash_previous->leash_next = item.leash_next;
  else
    head = item.leash_next;
  if (item.leash_next != nullptr) item.leash_next->leash_previous = item.leash_previous;
}

}  // namespace

void bind_to_leash(goroutine& fresh, object& context) noexcept {
  fresh.leash.store(&context, std::memory_order_relaxed);
  context.lock.lock();
  context.pins += 1;
  fresh.done_leash = context.done.load(std::memory_order_relaxed);
  auto& list = context.as<leash_list>();
  link(fresh.done_leash ? list.claimed : list.bound, fresh);
  context.lock.unlock();
}

void unbind_from_leash(goroutine& ended) noexcept {
  object* context = ended.leash.load(std::memory_order_relaxed);
  if (context == nullptr) return;
  context->lock.lock();
  auto& list = context->as<leash_list>();
  unlink(ended.done_leash ? list.claimed : list.bound, ended);
  context->pins -= 1;
  ended.leash.store(nullptr, std::memory_order_relaxed);
  unlock_and_free_if_unused(*context);
}

void claim_bound(object& context) noexcept {
  constexpr int chunk = 256;
  for (bool more = true; more;) {
    goroutine* claimed_now = nullptr;
    context.lock.lock();
    auto& list = context.as<leash_list>();
    for (int i = 0; i < chunk && list.bound != nullptr; ++i) {
      goroutine& next = *list.bound;
      unlink(list.bound, next);
      next.done_leash = true;
      link(list.claimed, next);
      // Acquire: `shields` was written before the word that says waiting.
      const std::uint64_t word = next.word.load(std::memory_order_seq_cst);
      if (state_of(word) == wait_state::waiting &&
          next.shields.load(std::memory_order_relaxed) == 0 && claim(next, word)) {
        next.unwind = true;
        next.next = claimed_now;
        claimed_now = &next;
      }
    }
    more = list.bound != nullptr;
    context.lock.unlock();
    while (claimed_now != nullptr) {
      goroutine* item = claimed_now;
      claimed_now = item->next;
      if (mutated(rule::cancel_only_enqueues))
        unwind_at_once(*item);
      else
        make_ready(*item, false);
    }
  }
}

}  // namespace leash::detail
