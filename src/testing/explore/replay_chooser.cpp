#include "testing/explore/replay_chooser.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include <leash/error.hpp>

namespace leash::detail {
namespace {

[[noreturn]] void refuse(std::string_view text) {
  throw error(
      errc::bad_option,
      fmt::format(
          "\"{}\" is no schedule: give what a failure said as its choices, such as 2.0x14.1",
          text));
}

std::uint32_t number_in(std::string_view part, std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, bad] = std::from_chars(part.data(), part.data() + part.size(), number);
  if (bad != std::errc{} || end != part.data() + part.size()) refuse(text);
  return number;
}

}  // namespace

std::string text_of(const choices& made) {
  std::size_t size = made.size();
  while (size != 0 && made[size - 1] == 0) --size;
  std::string text;
  for (std::size_t i = 0; i < size;) {
    std::size_t end = i + 1;
    while (end < size && made[end] == made[i]) ++end;
    if (!text.empty()) text += '.';
    text += std::to_string(made[i]);
    if (end - i > 1) text += "x" + std::to_string(end - i);
    i = end;
  }
  return text.empty() ? "0" : text;
}

choices choices_in(std::string_view text) {
  choices made;
  std::string_view rest = text;
  for (;;) {
    const std::size_t dot = rest.find('.');
    const std::string_view part = rest.substr(0, dot);
    const std::size_t times = part.find('x');
    constexpr std::uint32_t most = 1'000'000;
    const std::uint32_t count =
        times == std::string_view::npos ? 1 : number_in(part.substr(times + 1), text);
    if (count > most) refuse(text);
    made.insert(made.end(), count, number_in(part.substr(0, times), text));
    if (dot == std::string_view::npos) return made;
    rest.remove_prefix(dot + 1);
  }
}

}  // namespace leash::detail
