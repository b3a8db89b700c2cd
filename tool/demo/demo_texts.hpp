#pragma once

#include <array>
#include <string_view>

#include "demo/experiments.hpp"

namespace leash::tool {

// What the demo says, in one language. {} stands for what was measured, as fmt has it.
struct demo_texts {
  std::string_view title;
  std::string_view servers;  // names, times, URLs of both
  std::array<std::string_view, experiments> headings;
  std::array<std::string_view, experiments> notes;  // what the code does
  std::string_view winner;                          // who, ms
  std::string_view goroutines;                      // before, after, ms
  std::array<std::string_view, 5> fates;            // by ending: who, ms
  std::string_view proof;                           // id, reason, file, line, file, line of the go
  std::string_view cure;
  std::string_view timeline;
  std::string_view line_start, line_answered, line_received, line_sends, line_forever;
  std::string_view table;
  std::array<std::string_view, 4> rows;
  std::string_view growth;   // bytes of a goroutine, MiB a minute
  std::string_view summary;  // goroutines left, ms since the first was left
  std::string_view rule;
};

extern const demo_texts english;
extern const demo_texts chinese;

}  // namespace leash::tool
