#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <leash/detail/sched/goroutine.hpp>

#include "base/world/stop.hpp"

namespace leash::detail {

// A goroutine that can never run again, unless the runtime unwinds it.
struct unreachable_goroutine {
  goroutine* record;
  std::uint64_t word;  // as it was proven with: while the record has it, it waits still
  bool pinned;         // not to be destroyed yet: somebody who lives can reach one of its frames
  std::array<std::uint8_t, 7> nothing{};
};

// All there are, in the order of their records: stops the world for a moment (see world/stop.hpp). Empty when it cannot be
// stopped, which is said on stderr, once for each reason. Any thread; one after the other. Throws std::bad_alloc.
std::vector<unreachable_goroutine> prove_reach();

// Among these, which are in the order of their records; null: it is none of them.
inline const unreachable_goroutine* find_unreachable(std::span<const unreachable_goroutine> found,
                                                     const goroutine* record) noexcept {
  const auto at = std::ranges::lower_bound(found, record, std::less<const goroutine*>(),
                                           &unreachable_goroutine::record);
  return at == found.end() || at->record != record ? nullptr : &*at;
}

// What the last proof took.
struct reach_effort {
  std::size_t waiting = 0;    // goroutines that might have been leaked
  std::size_t blocks = 0;     // that were reached
  std::size_t bytes = 0;      // that were read
  std::size_t signalled = 0;  // threads that a signal stopped
  std::int64_t stopping = 0;  // until all stood; nanoseconds
  std::int64_t pause = 0;     // for how long threads were held up; nanoseconds
};
reach_effort last_reach_effort() noexcept;

}  // namespace leash::detail
