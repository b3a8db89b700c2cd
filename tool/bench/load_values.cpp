#include "bench/load_values.hpp"

#include <CLI/CLI.hpp>

#include <charconv>

#include <fmt/format.h>

namespace leash::tool {
namespace {

template <class Number>
bool is_read(const std::string& text, Number& into) {
  const char* const end = text.data() + text.size();
  const auto [rest, bad] = std::from_chars(text.data(), end, into);
  return bad == std::errc{} && rest == end;
}

}  // namespace

std::size_t count_of(const char* option, const std::string& text, std::size_t most) {
  std::size_t count = 0;
  if (is_read(text, count) && count >= 1 && count <= most) return count;
  throw CLI::ValidationError(option,
                             fmt::format("{} is not a whole number from 1 to {}", text, most));
}

double rate_of(const char* option, const std::string& text) {
  double rate = 0;
  if (is_read(text, rate) && rate > 0 && rate <= 1e6) return rate;
  throw CLI::ValidationError(
      option, fmt::format("{} is not a number of requests a second such as 100 or 0.5", text));
}

}  // namespace leash::tool
