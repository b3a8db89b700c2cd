#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "race/race.hpp"

namespace leash::tool {

// What `leash bench` was asked for.
struct bench_options {
  race_options raced;         // whom to race, and how
  bool hedge_at_p95 = false;  // the hedge delay is what asking the first URL alone takes at its p95

  std::size_t requests = 0;              // of each arm
  std::chrono::nanoseconds duration{0};  // of each arm; zero: until the requests are done
  std::size_t concurrency = 0;           // so many at a time; open loop: at most so many
  double rate = 0;                       // open loop: so many start a second; zero: closed loop

  bool json = false;
  std::string svg;  // the file for the picture; empty: none
};

// A sample takes 8 bytes, and every one is kept.
inline constexpr std::size_t most_requests = 10'000'000;

}  // namespace leash::tool
