#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <source_location>

#include <leash/detail/base/stable_pool.hpp>
#include <leash/detail/sched/goroutine.hpp>

namespace leash::detail {

// What a worker tells about itself, for the watchdog and for traces. Type-stable, so that a late reader reads signs.
//
// Written by the worker only, a turn's as a sequence lock: `turn` is odd from after they were stored to before the next
// turn's are. All are stored with release and read with acquire order, so who reads a later turn's value reads a
// different `turn` afterwards, and who reads `turn` twice alike has read what belongs to it. The record that is named
// may be another goroutine's by then; its epoch tells.
struct alignas(64) worker_signs {
  std::atomic<std::uint64_t> turn{0};
  std::atomic<const goroutine*> runs{nullptr};
  std::atomic<std::source_location> resumed_at{std::source_location{}};
  // For who wants to know how late it is in the runtime: as of the worker's last look at the clock.
  std::atomic<coarse_time> present{0};
  std::atomic<bool> virtual_time{false};
  std::atomic<int> thread{0};  // the kernel's number of the thread; 0: none

  void turn_begins(const goroutine& next, std::source_location where) noexcept {
    runs.store(&next, std::memory_order_release);
    resumed_at.store(where, std::memory_order_release);
    count_turn();
  }
  void turn_ends() noexcept { count_turn(); }

 private:
  void count_turn() noexcept {
    turn.store(turn.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }
};

using worker_signs_pool = stable_pool<worker_signs, std::size_t{1} << 16>;

}  // namespace leash::detail
