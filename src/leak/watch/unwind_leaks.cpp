#include "leak/watch/unwind_leaks.hpp"

#include <thread>

#include <leash/detail/base/mutation.hpp>
#include <leash/detail/sched/scheduler.hpp>

#include "sched/worker.hpp"

namespace leash::detail {
namespace {

bool may_be_unwound(const goroutine& leaked) noexcept {
  return leaked.shields.load(std::memory_order_acquire) == 0 &&
         !leaked.sheltered.load(std::memory_order_acquire);
}

// Whether it was claimed because its runtime ends, and by nobody who could wake it.
bool is_ending(const goroutine& leaked) noexcept {
  const scheduler* home = leaked.home.load(std::memory_order_acquire);
  return home == nullptr || home->stopping.load(std::memory_order_seq_cst);
}

// What must not be: its destructors run while others of its set are not yet claimed.
void unwind_out_of_turn(goroutine& leaked) noexcept {
  const std::uint64_t word = leaked.word.load(std::memory_order_acquire);
  make_ready(leaked, false);
  while (leaked.word.load(std::memory_order_acquire) == word) std::this_thread::yield();
}

}  // namespace

unwinding_result unwind_leaks(std::span<const proven_goroutine> proven) noexcept {
  unwinding_result result;
  goroutine* claimed = nullptr;
  for (const proven_goroutine& each : proven) {
    goroutine& leaked = *each.record;
    if ((each.pinned && !mutated(rule::pinned_are_spared)) || !may_be_unwound(leaked)) continue;
    if (!claim(leaked, each.word)) {
      result.refuted = !is_ending(leaked);
      if (result.refuted && !mutated(rule::failed_claim_stops)) break;
      continue;
    }
    leaked.unwind = true;
    if (mutated(rule::leaks_claimed_first)) {
      unwind_out_of_turn(leaked);
      continue;
    }
    leaked.next = claimed;
    claimed = &leaked;
    ++result.unwound;
  }
  while (claimed != nullptr) {
    goroutine& next = *claimed;
    claimed = next.next;
    make_ready(next, false);
  }
  return result;
}

}  // namespace leash::detail
