#pragma once

#include <cstdio>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace leash::tool {

// Says it on stderr. When nobody can hear it, that is no failure of ours.
template <class... T>
void say(fmt::format_string<T...> text, T&&... values) {
  const std::string said = fmt::format(text, std::forward<T>(values)...);
  std::fwrite(said.data(), 1, said.size(), stderr);
}

}  // namespace leash::tool
