#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <span>

#include <leash/detail/sched/goroutine.hpp>

namespace leash::detail {

// A goroutine that can never run again, unless the runtime unwinds it.
struct proven_goroutine {
  goroutine* record;
  std::uint64_t word;   // as it was proven with: while the record has it, it waits still
  bool pinned = false;  // not to be destroyed yet: somebody who lives can reach one of its frames
  // No hole, in which a stack's old pointers would come to lie on the heap.
  std::array<std::uint8_t, 7> nothing{};
};

// Among these, which are in the order of their records; null: it is none of them.
inline const proven_goroutine* find_proven(std::span<const proven_goroutine> proven,
                                           const goroutine* record) noexcept {
  const auto at = std::ranges::lower_bound(proven, record, std::less<const goroutine*>(),
                                           &proven_goroutine::record);
  return at == proven.end() || at->record != record ? nullptr : &*at;
}

}  // namespace leash::detail
