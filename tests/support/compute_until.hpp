#pragma once

#include <chrono>

namespace leash::test {

// Holds the worker until another one has made the condition true; tells whether that came. The
// bound is no more than a guard against computing for ever.
template <class Condition>
bool compute_until(Condition condition, std::chrono::seconds bound = std::chrono::minutes(1)) {
  const auto give_up = std::chrono::steady_clock::now() + bound;
  while (!condition())
    if (std::chrono::steady_clock::now() > give_up) return false;
  return true;
}

}  // namespace leash::test
