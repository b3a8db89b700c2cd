#pragma once

#include <chrono>

namespace leash::test {

// Whether `holds(limit)` does for a limit that begins here and is doubled up to a minute. For
// what real time limits do to a peer that must first get somewhere: where the machine stands
// still meanwhile, the limit was too short to show it, which is not the program's fault; what
// never holds is.
template <class Duration, class Holds>
bool holds_for_some_limit(Duration limit, Holds holds) {
  for (; limit <= std::chrono::minutes(1); limit *= 2)
    if (holds(limit)) return true;
  return false;
}

}  // namespace leash::test
