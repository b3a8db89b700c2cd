#include "leak/unwind_leaks.hpp"

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

}  // namespace

unwinding_result unwind_leaks(std::span<const proven_goroutine> proven) noexcept {
  unwinding_result result;
  goroutine* claimed = nullptr;
  for (const proven_goroutine& each : proven) {
    goroutine& leaked = *each.record;
    if (!may_be_unwound(leaked)) continue;
    if (!claim(leaked, each.word)) {
      result.refuted = !is_ending(leaked);
      if (result.refuted) break;
      continue;
    }
    leaked.unwind = true;
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
