#include "drop_watch.hpp"

#include <algorithm>

#include "worker.hpp"

namespace leash::detail {

std::atomic<std::size_t> workers_with_drops{0};

[[gnu::noinline]] void note_drop(object& owner) noexcept {
  worker* self = this_worker();
  if (self == nullptr) return;
  drop_list& noted = self->dropped;
  const auto end = noted.objects.begin() + static_cast<std::ptrdiff_t>(noted.count);
  if (noted.count == noted.objects.size() || std::find(noted.objects.begin(), end, &owner) != end)
    return;
  if (noted.count == 0) workers_with_drops.fetch_add(1, std::memory_order_relaxed);
  noted.objects[noted.count++] = &owner;
}

[[gnu::noinline]] void look_at_drops() noexcept {
  worker* self = this_worker();
  if (self == nullptr || self->dropped.count == 0) return;
  const drop_list taken = self->dropped;
  self->dropped.count = 0;
  workers_with_drops.fetch_sub(1, std::memory_order_relaxed);
  handles_dropped(taken);
}

}  // namespace leash::detail
