#pragma once

#include "leak/why/condition.hpp"
#include "leak/why/wait_view.hpp"

// What is suspicious about one goroutine that waits, and is not proven to be leaked, as it stood at one moment.

namespace leash::detail {

// Only time ends this wait, and nothing tells the goroutine to stop: no context, and no other case of its select that
// somebody could make happen. A main goroutine is not meant: its end is the program's.
bool waits_for_time_only(const wait_view& seen, const ways_out& ways);

// It is not the first time that it waits: so it may be a loop, and not somebody who puts off one thing.
bool has_gone_on(const wait_view& seen) noexcept;

enum class held : std::uint8_t {
  otherwise,   // somebody in a frame can end it, or time does
  by_outside,  // only handles outside can
  by_leash,    // only the cancel of its context can
};
held what_holds(const wait_view& seen, const ways_out& ways) noexcept;

// Whether a wait of this kind that takes long is out of the ordinary.
bool should_be_short(const wait_view& seen);

}  // namespace leash::detail
