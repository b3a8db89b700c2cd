#include "request/values.hpp"

#include <CLI/CLI.hpp>

#include <charconv>
#include <optional>
#include <string_view>

#include <fmt/format.h>

namespace leash::tool {
namespace {

std::chrono::nanoseconds seconds(double count) {
  return std::chrono::round<std::chrono::nanoseconds>(std::chrono::duration<double>(count));
}

// A status at the head of `text`, which is taken off it.
std::optional<int> take_status(std::string_view& text) {
  int value = 0;
  const auto [rest, bad] = std::from_chars(text.begin(), text.end(), value);
  if (bad != std::errc{} || value < 100 || value > 999) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(rest - text.begin()));
  return value;
}

}  // namespace

std::chrono::nanoseconds seconds_of(const char* option, const std::string& text) {
  double count = 0;
  const char* end = text.data() + text.size();
  const auto [rest, bad] = std::from_chars(text.data(), end, count);
  if (bad == std::errc{} && rest == end && count >= 0 && count <= 1e6) return seconds(count);
  throw CLI::ValidationError(
      option, fmt::format("{} is not a number of seconds such as 2 or 0.5 (0: no limit)", text));
}

std::chrono::nanoseconds duration_of(const char* option, const std::string& text) {
  double count = 0;
  const char* end = text.data() + text.size();
  const auto [rest, bad] = std::from_chars(text.data(), end, count);
  const std::string_view unit(rest, static_cast<std::size_t>(end - rest));
  if (bad == std::errc{} && count >= 0 && count < 1e6) {
    if (unit == "us") return seconds(count / 1e6);
    if (unit == "ms") return seconds(count / 1e3);
    if (unit == "s" || (unit.empty() && count == 0)) return seconds(count);
  }
  throw CLI::ValidationError(option, fmt::format("{} is not a time such as 50ms, 1.5s or 0", text));
}

std::size_t bytes_of(const char* option, const std::string& text) {
  std::size_t count = 0;
  const char* end = text.data() + text.size();
  const auto [rest, bad] = std::from_chars(text.data(), end, count);
  constexpr std::string_view units = "kKmMgG";  // two of each
  const std::size_t unit = rest == end ? 0 : units.find(*rest);
  const bool known = rest == end || (rest + 1 == end && unit != units.npos);
  const std::size_t shift = rest == end ? 0 : 10 * (unit / 2 + 1);
  constexpr std::size_t most = std::size_t{1} << 53;
  if (bad == std::errc{} && known && count <= most >> shift) return count << shift;
  throw CLI::ValidationError(option,
                             fmt::format("{} is not a size such as 5000, 500k, 20M or 2G", text));
}

std::vector<std::pair<int, int>> statuses_of(const char* option, const std::string& text) {
  std::vector<std::pair<int, int>> ranges;
  std::string_view left = text;
  while (true) {
    const auto low = take_status(left);
    auto high = low;
    if (low && left.starts_with('-')) {
      left.remove_prefix(1);
      high = take_status(left);
    }
    if (!low || !high || *high < *low || !(left.empty() || left.starts_with(',')))
      throw CLI::ValidationError(
          option, fmt::format("{} is not a list of statuses such as 200-399,404", text));
    ranges.emplace_back(*low, *high);
    if (left.empty()) return ranges;
    left.remove_prefix(1);
  }
}

}  // namespace leash::tool
