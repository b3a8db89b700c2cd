#include "leak/why/words.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <leash/detail/base/function_name.hpp>

namespace leash::detail {

std::string words_for(std::chrono::nanoseconds duration) {
  using namespace std::chrono;
  const auto rounded = std::max(duration_cast<milliseconds>(duration), milliseconds(0));
  const auto count = rounded.count();
  constexpr std::int64_t second = 1000;
  constexpr std::int64_t minute = 60 * second;
  constexpr std::int64_t hour = 60 * minute;
  constexpr std::int64_t day = 24 * hour;
  if (count < second) return fmt::format("{} ms", count);
  if (count < minute) return fmt::format("{}.{} s", count / second, count % second / 100);
  if (count < hour) return fmt::format("{} min {} s", count / minute, count % minute / second);
  if (count < 2 * day) return fmt::format("{} h {} min", count / hour, count % hour / minute);
  return fmt::format("{} days", count / day);
}

std::string_view file_of(const std::source_location& place) noexcept {
  const std::string_view path = place.file_name();
  const std::size_t slash = path.find_last_of('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string words_for(const std::source_location& place) {
  return fmt::format("{}:{} in {}", file_of(place), place.line(),
                     function_name(place.function_name()).view());
}

}  // namespace leash::detail
