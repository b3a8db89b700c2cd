#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "bench/latencies.hpp"
#include "race/race.hpp"

namespace leash::tool {

// What is compared: the same load, with the first URL asked alone and with all of them raced.
enum class arm : std::uint8_t { alone, racing };
inline constexpr std::array<arm, 2> arms{arm::alone, arm::racing};

struct url_tally {
  std::size_t sent = 0;
  std::size_t won = 0;
};

struct arm_tally {
  std::size_t begun = 0;
  std::size_t answered = 0;
  std::size_t waited = 0;  // as too many were under way when its time had come
  std::size_t failed = 0;  // nobody gave an answer that may win
  std::vector<url_tally> urls;
  std::map<std::string, std::size_t> failures;  // of single requests, also where another URL won
  std::chrono::nanoseconds busy{0};             // how long it was this arm's turn

  std::size_t unfinished() const noexcept { return begun - answered - failed; }
  std::size_t sent() const noexcept;
};

// What was measured so far. Any thread may call anything.
class bench_results {
 public:
  // There is room for so many answers of each arm at once; for more it is made when they come.
  bench_results(std::size_t urls, std::size_t expected);

  void begin(arm which);
  void wait(arm which);
  // One has ended, that long after it began or should have begun.
  void end(arm which, const race_report& report, std::chrono::nanoseconds latency);
  void spend(arm which, std::chrono::nanoseconds turn);
  void hedge(std::chrono::nanoseconds delay);

  arm_tally tally(arm which) const;
  // Of those that were answered.
  latencies sorted(arm which) const;
  // The last hedge delay that was measured, if any.
  std::optional<std::chrono::nanoseconds> hedge_delay() const;

 private:
  struct measured {
    arm_tally tally;
    std::vector<std::chrono::nanoseconds> samples;
  };
  const measured& of(arm which) const { return arms_[static_cast<std::size_t>(which)]; }
  measured& of(arm which) { return arms_[static_cast<std::size_t>(which)]; }

  mutable std::mutex mutex_;
  std::array<measured, arms.size()> arms_;
  std::optional<std::chrono::nanoseconds> hedge_delay_;
};

}  // namespace leash::tool
