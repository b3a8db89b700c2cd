#pragma once

#include <string>
#include <string_view>
#include <vector>

// What a shape's source says has to be found; see corpus.hpp.

namespace corpus {

struct mark {
  unsigned line = 0;     // of the go, or of main's definition
  std::string reason;    // why the goroutine waits, in Go's words
  bool suspect = false;  // it stays behind, and must not be proven

  bool operator==(const mark&) const = default;
};

struct marks {
  std::vector<mark> all;
  unsigned main_line = 0;  // where `program` is defined; 0: nowhere
};

// Of a namespace (leaky, fixed, idiomatic) in the text of a source file. Throws std::runtime_error, with name:line, for a mark that
// cannot be understood.
marks marks_in(std::string_view text, std::string_view space, std::string_view name);

// The same of a file. Throws std::runtime_error also when it cannot be read.
marks marks_of(const std::string& file, std::string_view space);

}  // namespace corpus
