#include <algorithm>
#include <array>
#include <mutex>

#include <leash/detail/base/arena.hpp>
#include <leash/detail/base/handle.hpp>

#include "leak/proof/local_proof.hpp"
#include "leak/report/leak_board.hpp"
#include "sched/drop_watch.hpp"

// What is looked at when a handle is dropped: whether those who hold the others wait for ever now.

namespace leash::detail {
namespace {

constexpr std::size_t most_holders = 8;

struct holders {
  std::array<goroutine*, most_holders> all{};
  std::size_t count = 0;
};

// The goroutines in whose frames the object's handles lie. One that is outside all frames is nobody's.
holders holders_of(object& owner) noexcept {
  holders found;
  const std::lock_guard guard(owner.handle_lock);
  std::size_t handles = 0;
  for (const handle* each = handle::first_of(owner); each != nullptr && ++handles <= most_holders;
       each = each->next()) {
    const block_header* block = in_arena(each) ? find_block(each) : nullptr;
    if (block == nullptr) continue;
    const block_kind kind = block->kind.load(std::memory_order_acquire);
    auto* holder = static_cast<goroutine*>(block->owner.load(std::memory_order_acquire));
    if (holder == nullptr || (kind != block_kind::frame && kind != block_kind::closure)) continue;
    const auto end = found.all.begin() + static_cast<std::ptrdiff_t>(found.count);
    if (std::find(found.all.begin(), end, holder) == end) found.all[found.count++] = holder;
  }
  return found;
}

}  // namespace

void handles_dropped(const drop_list& noted) noexcept {
  for (std::size_t i = 0; i < noted.count; ++i) {
    const drop_list::drop& drop = noted.drops[i];
    const holders found = holders_of(*drop.owner);
    for (std::size_t k = 0; k < found.count; ++k) {
      local_proof proof;
      if (proof.prove(*found.all[k])) announce_leaks({proof.begin(), proof.end()}, &drop);
    }
  }
}

void waits_begun(const wait_list& waits) noexcept {
  const std::size_t last = std::min(waits.count, wait_list::most);
  for (std::size_t i = 0; i < last; ++i) {
    const wait_list::begun& each = waits.waits[i];
    if (each.waiter->word.load(std::memory_order_acquire) != each.word) continue;
    local_proof proof;
    if (proof.prove(*each.waiter)) announce_leaks({proof.begin(), proof.end()}, nullptr);
  }
}

}  // namespace leash::detail
