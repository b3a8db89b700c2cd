#pragma once

#include <cstddef>

namespace leash::tool {

// What a descriptor that something is written for people to is.
struct terminal {
  bool is_terminal = false;
  bool moves_cursor = false;  // it is a terminal, and not a dumb one
  bool colours = false;       // such a one, and NO_COLOR is not set
  std::size_t columns = 80;
  std::size_t lines = 24;

  static terminal of(int descriptor);
};

}  // namespace leash::tool
