#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace leash::tool {

// How a service under a memory limit ended.
enum class service_end {
  killed_by_kernel,   // its control group was out of memory
  killed_by_watcher,  // its resident memory was past the limit
  alive,              // it did all its races, and ended by itself
  outlasted,          // it had not ended when the demo's patience had
  failed,             // something else
};
inline constexpr std::size_t service_ends = 5;

// What `leash demo --oom` says, in one language. {} stands for what was measured, as fmt has it.
struct oom_texts {
  std::string_view title;
  std::string_view setting;                         // ms and ms of the engines, the limit
  std::array<std::string_view, 2> headings;         // leaky, cured
  std::string_view goroutines, memory;              // over the curves
  std::array<std::string_view, service_ends> ends;  // seconds, races, races a second
  std::string_view group;                           // the control group's version
  std::string_view counts;                          // before, at the end
  std::string_view held;                            // memory at the end, at most
  std::string_view gigabyte;
  std::string_view leash_row;  // bytes, minutes
  std::string_view go_row;     // minutes
  std::string_view closing;
};

extern const oom_texts oom_english;
extern const oom_texts oom_chinese;

}  // namespace leash::tool
