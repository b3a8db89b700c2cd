#pragma once

#include <chrono>
#include <thread>

namespace leash::test {

// Waits until the condition holds, which another process is to bring about; tells whether it does. The
// bound is no more than a guard against waiting for ever.
template <class Condition>
bool wait_until(Condition condition, std::chrono::seconds bound = std::chrono::seconds(60)) {
  const auto give_up = std::chrono::steady_clock::now() + bound;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace leash::test
