#pragma once

#include <cstddef>
#include <cstdint>

#include "base/world/stop.hpp"

namespace leash::detail {

class reach;

// One stop of the world, and what came of it.
struct reach_attempt {
  refusal failed = refusal::none;
  int culprit = 0;        // the thread because of which it failed
  bool computed = false;  // false without a refusal: what there was no room for came meanwhile
  std::size_t signalled = 0;
  std::size_t stood = 0;      // threads that were held up
  std::int64_t stopping = 0;  // nanoseconds
  std::int64_t pause = 0;     // nanoseconds
};

// Requires that it is prepared. One thread at a time, which is known (see gate.hpp).
reach_attempt reach_now(reach& prepared) noexcept;

}  // namespace leash::detail
