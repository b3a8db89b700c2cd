#include <algorithm>
#include <chrono>
#include <map>

#include <fmt/format.h>

#include "testing/explore/explorer.hpp"

namespace leash::detail {
namespace {

constexpr std::size_t most_rows = 200;

std::string name_of(std::uint64_t id) { return id == 1 ? "main" : fmt::format("g{}", id); }

std::string time_since(clock_time began, clock_time when) {
  const auto passed = when - began;
  const auto whole = std::chrono::duration_cast<std::chrono::milliseconds>(passed);
  if (whole == passed) return fmt::format("{}ms", whole.count());
  return fmt::format("{}ns", std::chrono::nanoseconds(passed).count());
}

std::string text_of(const run_event& event) {
  std::string text;
  switch (event.kind) {
    case event_kind::ended:
      text = "ends";
      break;
    case event_kind::fired:
      text = "time passes, a timer fires";
      break;
    case event_kind::called:
      text = "a blocking function returns";
      break;
    case event_kind::step:
      text = event.waits ? fmt::format("{}: waits", event.what) : event.what;
      if (event.where.line() != 0) text += " (" + short_place(event.where) + ")";
      break;
  }
  for (std::size_t i = 0; i < event.woken.size(); ++i)
    text += (i == 0 ? " → " : ", ") + name_of(event.woken[i]);
  return text;
}

}  // namespace

std::string short_place(const std::source_location& place) {
  const std::string_view path = place.file_name();
  return fmt::format("{}:{}", path.substr(path.rfind('/') + 1), place.line());
}

// A column a goroutine, as far as that stays readable; what somebody does stands from his column on.
std::string timeline_of(const run_outcome& seen) {
  if (seen.events.empty()) return {};
  constexpr std::size_t width = 6;
  constexpr std::size_t most_columns = 8;
  std::string text = "  time      ";
  for (std::size_t i = 0; i < std::min(seen.goroutines.size(), most_columns); ++i)
    text += fmt::format("{:<{}}", name_of(seen.goroutines[i].id), width);
  while (text.ends_with(' ')) text.pop_back();
  text += '\n';
  const clock_time began = seen.events.front().when;
  const auto column_of = [&](std::uint64_t id) {
    const auto at = std::ranges::find(seen.goroutines, id, &run_outcome::started::id);
    return std::min(static_cast<std::size_t>(at - seen.goroutines.begin()), most_columns);
  };
  const std::size_t rows = seen.events.size();
  const std::size_t from = rows > most_rows ? rows - most_rows : 0;
  if (from != 0) text += fmt::format("  … {} steps …\n", from);
  for (std::size_t i = from; i < rows; ++i) {
    const run_event& event = seen.events[i];
    std::string row = fmt::format("  {:<10}", time_since(began, event.when));
    const std::size_t column = event.goroutine == 0 ? 0 : column_of(event.goroutine);
    for (std::size_t k = 0; k < column; ++k) row += fmt::format("{:<{}}", "│", width + 2);
    if (column == most_columns) row += name_of(event.goroutine) + ": ";
    text += row + text_of(event) + '\n';
  }
  for (const seen_goroutine& each : seen.left) {
    if (each.shown.wait_reason == "running") continue;
    text += fmt::format("  ∞         {} waits for good: {} at {}\n", name_of(each.shown.id),
                        each.shown.wait_reason, short_place(each.shown.stack.front()));
  }
  return text;
}

}  // namespace leash::detail
