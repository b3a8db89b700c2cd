#pragma once

#include <span>

#include "leak/proof/proven_goroutine.hpp"
#include "sched/drop_watch.hpp"

// What is known of leaked goroutines: each is announced once, and remembered in its record.

namespace leash::detail {

// Tells of those that are not known yet, as the policies of their runtimes say. `drop`: what showed it; null: nothing
// that was dropped. Any thread, without locks.
void announce_leaks(std::span<const proven_goroutine> found, const drop_list::drop* drop) noexcept;

// So many of them were unwound.
void count_unwound(std::size_t goroutines) noexcept;

}  // namespace leash::detail
