#include "drop_watch.hpp"

#include "base/world/gate.hpp"
#include "worker.hpp"

#include <leash/detail/sched/promise.hpp>

namespace leash::detail {

std::atomic<std::size_t> workers_with_drops{0};

[[gnu::noinline]] void note_drop(object& owner) noexcept {
  worker* self = this_worker();
  // Who explores looks at the end, and tells of nothing before.
  if (self == nullptr || self->home.is_explored) return;
  drop_list& noted = self->dropped;
  if (noted.count == noted.drops.size()) return;
  for (std::size_t i = 0; i < noted.count; ++i)
    if (noted.drops[i].owner.get() == &owner) return;
  if (noted.count == 0) workers_with_drops.fetch_add(1, std::memory_order_relaxed);
  drop_list::drop& fresh = noted.drops[noted.count++];
  fresh = {};
  fresh.owner = hidden_pointer(&owner);
  if (const goroutine* by = self->current) {
    fresh.by = by->id.load(std::memory_order_relaxed);
    if (by->top != nullptr) fresh.after = by->top->where;
  }
}

[[gnu::noinline]] void look_at_drops() noexcept {
  worker* self = this_worker();
  if (self == nullptr || self->dropped.count == 0) return;
  const drop_list taken = self->dropped;
  self->dropped.count = 0;
  workers_with_drops.fetch_sub(1, std::memory_order_relaxed);
  ask_from_here([&taken] { handles_dropped(taken); });
}

}  // namespace leash::detail
