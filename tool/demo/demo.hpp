#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "demo/demo_texts.hpp"
#include "demo/experiments.hpp"

namespace leash::tool {

// All that one run of the demo measured.
struct demo_report {
  backend google;
  backend bing;
  std::vector<finding> findings;
  std::size_t slot_bytes = 0;
  std::size_t left = 0;                  // goroutines beside main, at the end
  std::chrono::nanoseconds left_for{0};  // since the leaked one tried to send
};

// What the goroutine that `leaky` left behind holds.
inline std::size_t leaked_bytes(const finding& leaky) {
  return leaky.memory_after.live_bytes - leaky.memory_before.live_bytes;
}

// Prose, piece by piece as it happens.
void print_beginning(const demo_texts& say, const demo_report& report);
void print_finding(const demo_texts& say, const demo_report& report);  // the last one
void print_end(const demo_texts& say, const demo_report& report);

// All of it at once, as JSON.
std::string json_of(const demo_report& report);

}  // namespace leash::tool
