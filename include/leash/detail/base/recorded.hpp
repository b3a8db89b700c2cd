#pragma once

// What goroutines record so that they can be seen: all of it, always. Only the programs of bench/trace_cost.py leave
// out a part each, to measure what it costs.

namespace leash::detail::recorded {

// The record's number and its moments, who runs it, and the look for readers of its frames.
#ifdef LEASH_WITHOUT_REGISTRY
inline constexpr bool registry = false;
#else
inline constexpr bool registry = true;
#endif

// Where each task is suspended.
#ifdef LEASH_WITHOUT_LOCATIONS
inline constexpr bool locations = false;
#else
inline constexpr bool locations = true;
#endif

// Who started it, and where.
#ifdef LEASH_WITHOUT_BIRTHPLACES
inline constexpr bool birthplaces = false;
#else
inline constexpr bool birthplaces = true;
#endif

}  // namespace leash::detail::recorded
