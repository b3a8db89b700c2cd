#include "leak/suspects/judge.hpp"

#include <algorithm>
#include <chrono>

namespace leash::detail {
namespace {

constexpr capability_set cancel = set_of(capability::cancel);

bool is_anybody_able(const able_places& able) noexcept {
  return able.kinds != 0 || able.incomplete;
}

}  // namespace

bool waits_for_time_only(const wait_view& seen, const ways_out& ways) {
  if (seen.bound || seen.truncated) return false;
  bool by_time = seen.external && seen.deadline != clock_time::max();
  for (const way_out& each : ways.waits) {
    if (is_anybody_able(each.able)) return false;
    if (!each.able.without_handle) continue;
    if ((each.what & cancel) != 0) return false;  // a deadline, a signal: it is told to stop
    by_time = true;
  }
  return by_time && !is_main(seen);
}

bool has_gone_on(const wait_view& seen) noexcept {
  // Both are exact to 17 ms.
  constexpr std::chrono::milliseconds least(40);
  return seen.age - seen.since > least;
}

held what_holds(const wait_view& seen, const ways_out& ways) noexcept {
  if (seen.external || seen.truncated || seen.reason == wait_reason::select_no_cases)
    return held::otherwise;
  std::uint32_t kinds = 0;
  for (const way_out& each : ways.waits) {
    if (each.able.without_handle || each.able.incomplete) return held::otherwise;
    kinds |= each.able.kinds;
  }
  const able_places& leash = ways.leash.able;
  if (leash.without_handle || leash.incomplete) return held::otherwise;
  constexpr std::uint32_t outside = bit_of(place_kind::outside);
  if (kinds == 0) return leash.kinds == 0 ? held::otherwise : held::by_leash;
  return (kinds | leash.kinds) == outside ? held::by_outside : held::otherwise;
}

bool should_be_short(const wait_view& seen) {
  switch (seen.reason) {
    case wait_reason::sleep:            // its timer ends it
    case wait_reason::io_wait:          // a listener waits for as long as nobody comes
    case wait_reason::context_done:     // for what comes at the end
    case wait_reason::select_no_cases:  // for ever, and on purpose
      return false;
    default:
      break;
  }
  return (!seen.external || seen.deadline == clock_time::max()) && !is_main(seen);
}

}  // namespace leash::detail
