#include "shown/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string_view>

namespace leash::tool {
namespace {

std::string_view environment(const char* variable) {
  const char* value = std::getenv(variable);
  return value == nullptr ? std::string_view() : value;
}

}  // namespace

terminal terminal::of(int descriptor) {
  terminal found;
  found.is_terminal = isatty(descriptor) == 1;
  const std::string_view kind = environment("TERM");
  found.moves_cursor = found.is_terminal && !kind.empty() && kind != "dumb";
  found.colours = found.moves_cursor && environment("NO_COLOR").empty();
  winsize size{};
  if (found.is_terminal && ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    found.columns = size.ws_col;
    if (size.ws_row > 0) found.lines = size.ws_row;
  } else if (const std::string_view given = environment("COLUMNS"); !given.empty()) {
    std::from_chars(given.data(), given.data() + given.size(), found.columns);
  }
  found.columns = std::clamp<std::size_t>(found.columns, 20, 160);
  return found;
}

}  // namespace leash::tool
