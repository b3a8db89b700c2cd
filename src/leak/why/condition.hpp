#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "leak/why/able_places.hpp"
#include "leak/why/wait_view.hpp"

namespace leash::detail {

// What would end a wait, by what has to be done: several channels that are received from are one thing.
struct way_out {
  capability_set what = 0;
  std::size_t objects = 0;
  able_places able;
};

// All that could end what one goroutine waits for.
struct ways_out {
  std::vector<way_out> waits;  // of what it waits for itself
  way_out leash;               // of its context; `what` is 0 when it is on none
};

ways_out find_ways_out(able_finder& finder, const wait_view& seen, std::size_t handles);

// What differs between goroutines that wait at the same place for different kinds of things.
std::vector<std::uint64_t> shape_of(able_finder& finder, const wait_view& seen);

// When it will go on or end, and who can see to that; ends in a line break.
std::string condition_text(able_finder& finder, const wait_view& seen);

}  // namespace leash::detail
