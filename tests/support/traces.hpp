#pragma once

#include <cstdint>
#include <source_location>
#include <string>
#include <vector>

#include <leash/detail/base/function_name.hpp>
#include <leash/trace.hpp>

namespace leash::testing {

// A trace that may be kept.
struct kept_trace {
  goroutine_trace trace;
  std::vector<std::source_location> stack;

  std::string function(std::size_t frame) const {
    return std::string(detail::function_name(stack.at(frame).function_name()).view());
  }
  std::vector<std::string> functions() const {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < stack.size(); ++i) names.push_back(function(i));
    return names;
  }
};

inline std::vector<kept_trace> all_traces() {
  std::vector<kept_trace> all;
  goroutine_cursor cursor;
  for (auto some = cursor.next(); !some.empty(); some = cursor.next())
    for (const goroutine_trace& each : some)
      all.push_back({each, {each.stack.begin(), each.stack.end()}});
  return all;
}

// The trace of the goroutine with this number; with number 0 and no stack when there is none.
inline kept_trace trace_of(std::uint64_t id) {
  for (kept_trace& each : all_traces())
    if (each.trace.id == id) return std::move(each);
  return {};
}

}  // namespace leash::testing
