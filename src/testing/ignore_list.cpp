#include "testing/ignore_list.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include <leash/detail/base/function_name.hpp>

namespace leash::testing {
namespace {

// Whether `name` is `wanted`, or ends in it after a separator.
bool ends_in(std::string_view name, std::string_view wanted, std::string_view separator) {
  if (wanted.empty() || !name.ends_with(wanted)) return false;
  name.remove_suffix(wanted.size());
  return name.empty() || name.ends_with(separator);
}

bool is_in(const std::source_location& place, const std::string& function) {
  return ends_in(detail::function_name(place.function_name()).view(), function, "::");
}

bool is_at(const std::source_location& place, const std::string& wanted) {
  return ends_in(place.file_name(), wanted, "/") ||
         ends_in(fmt::format("{}:{}", place.file_name(), place.line()), wanted, "/");
}

}  // namespace

bool is_ignored(const goroutine_trace& shown, const no_leaks_options& options) {
  const auto is_on_top = [&](const std::string& function) {
    return !shown.stack.empty() && is_in(shown.stack.front(), function);
  };
  const auto is_anywhere = [&](const std::string& function) {
    return std::ranges::any_of(shown.stack,
                               [&](const auto& place) { return is_in(place, function); });
  };
  const auto has_created = [&](const std::string& wanted) {
    return is_in(shown.created_at, wanted) || is_at(shown.created_at, wanted);
  };
  return std::ranges::any_of(options.ignore_top_functions, is_on_top) ||
         std::ranges::any_of(options.ignore_functions, is_anywhere) ||
         std::ranges::any_of(options.ignore_created_by, has_created);
}

}  // namespace leash::testing
