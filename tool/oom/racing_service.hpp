#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "oom/memory_limit.hpp"

namespace leash::tool {

// The article's service: so many times a second it asks two engines at once and takes the first answer.
// An engine is a timer, so that there can be far more races a second than HTTP would allow.
struct service_plan {
  std::size_t slots = 0;    // of each race's channel; 0 is the leak
  std::uint64_t races = 0;  // after so many it waits for the last goroutine, and ends
  std::uint64_t races_a_second = 0;
};

inline constexpr std::chrono::milliseconds quick_engine{2};
inline constexpr std::chrono::milliseconds slow_engine{20};

// What the service tells of itself while it runs, and what is still there when it has been killed.
struct service_state {
  enum class stage : int { starting, outside, inside };  // whether it could enter its limit

  std::atomic<stage> reached{stage::starting};
  std::atomic<std::int64_t> began{0};  // of the steady clock
  std::atomic<std::uint64_t> races{0};
  std::atomic<std::uint64_t> goroutines_before{0};
  std::atomic<std::uint64_t> goroutines{0};
  std::atomic<std::uint64_t> live_bytes{0};
};

// The service in a process of its own, which ends with this object, or with its parent. Made before this
// process has threads.
class racing_service {
 public:
  racing_service(const service_plan& plan, const memory_limit& within);
  racing_service(racing_service&&) = delete;
  ~racing_service();

  const service_state& state() const noexcept { return *state_; }
  pid_t process() const noexcept { return process_; }
  void kill() const noexcept;
  // Whether it has ended; `status` is then as waitpid has it.
  bool has_ended(int& status);

 private:
  service_state* state_;  // in memory that both processes see
  pid_t process_ = -1;
  bool ended_ = false;
};

}  // namespace leash::tool
