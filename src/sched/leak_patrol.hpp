#pragma once

#include <chrono>
#include <memory>

namespace leash::detail {

class scheduler;

// Proves every now and then, on a thread of its own, which goroutines of a runtime can never run again, and does about them what
// its policy says. The floor above defines this.
class leak_patrol {
 public:
  leak_patrol(scheduler& home, std::chrono::milliseconds every);
  leak_patrol(leak_patrol&&) = delete;
  // Returns when a proof that is under way is over.
  ~leak_patrol();

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace leash::detail
