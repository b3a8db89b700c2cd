#pragma once

#include <chrono>
#include <cstdint>

#include <leash/detail/sched/scheduler.hpp>
#include <leash/detail/sync/channel_core.hpp>

// A timer or ticker is a channel with room for one time, into which the runtime sends. Compare Go's
// time.Timer as of Go 1.23.
//
// Invariants, under the object's lock
// - While it is armed (`when` is not max()) the runtime can send: `outside` has the capability. Stopped, or gone
//   off, only its owner can arm it again, who has a handle that can send.
// - What lies in the buffer was sent since the last stop() or reset(): these take it out.
// - At most one entry of a scheduler's timers counts: the one with the current `round`. It is at `pending`,
//   which is no later than `when`: one that fires too early is armed again. So resets that put the time off,
//   and stops, leave nothing behind among the timers.

namespace leash::detail {

using tick = clock_time;

struct timer_body : channel_body {
  clock_time when = clock_time::max();
  clock_time pending = clock_time::max();  // max(): no entry counts
  std::chrono::nanoseconds period{0};      // of a ticker
  std::uint64_t home = 0;                  // where the entry is
  std::uint32_t round = 0;
};

// Armed. A period of zero: it goes off once. Throws errc::no_runtime outside goroutines.
handle make_timer(std::chrono::nanoseconds first, std::chrono::nanoseconds period);
// True: it was armed, or had gone off and nobody had received that. Any thread.
bool stop_timer(object& timer) noexcept;
// Returns the same. Throws errc::no_runtime outside goroutines.
bool reset_timer(object& timer, std::chrono::nanoseconds first, std::chrono::nanoseconds period);

}  // namespace leash::detail
