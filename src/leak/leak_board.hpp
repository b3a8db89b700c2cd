#pragma once

#include <cstdint>
#include <span>

#include "leak/proof/prover.hpp"
#include "sched/drop_watch.hpp"

// What is known of leaked goroutines: each is announced once, and remembered in its record.

namespace leash::detail {

// Tells of those that are not known yet, as the policies of their runtimes say. `drop`: what showed it; null: nothing
// that was dropped. Any thread, without locks.
void announce_leaks(std::span<const proven_goroutine> found, const drop_list::drop* drop) noexcept;

// Since the program started.
struct leak_counts {
  std::uint64_t announced = 0;
  std::uint64_t refuted = 0;  // that ran all the same
};
leak_counts count_leaks() noexcept;

}  // namespace leash::detail
