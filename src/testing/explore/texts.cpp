#include <algorithm>
#include <ostream>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <leash/detail/base/function_name.hpp>

#include "testing/explore/explorer.hpp"

namespace leash::detail {
namespace {

using testing::failure_kind;

std::string stack_of(const testing::left_goroutine& left, bool is_main) {
  std::string text = fmt::format("goroutine {} [{}]{}:\n", left.id, left.wait_reason,
                                 left.proven ? ", proven unable to run again" : "");
  for (const std::source_location& frame : left.stack)
    text += fmt::format("{}(...)\n\t{}:{}\n", function_name(frame.function_name()).view(),
                        frame.file_name(), frame.line());
  text += fmt::format("{} {}\n\t{}:{}\n", is_main ? "explored by" : "created by",
                      function_name(left.created_at.function_name()).view(),
                      left.created_at.file_name(), left.created_at.line());
  return text;
}

// The first line: what happened, to whom, how to see it again, and what helps.
std::string headline(const testing::failure& what, const run_outcome& seen) {
  std::string text;
  switch (what.kind) {
    case failure_kind::uncaught_exception:
      text = fmt::format("uncaught exception: {}", seen.said);
      break;
    case failure_kind::failed_assertion:
      text = fmt::format("assertion failed: {}", seen.said);
      break;
    case failure_kind::not_reproducible:
      text =
          "the same choices led to something else when they were made again: the program depends "
          "on what is not the "
          "schedule's, such as real time, random numbers, addresses, or what an earlier run has "
          "left behind";
      break;
    case failure_kind::deadlock:
      text = "all goroutines are asleep - deadlock!";
      break;
    case failure_kind::leak:
    case failure_kind::left_over:
      break;
  }
  std::string sites;
  for (const seen_goroutine& each : seen.left) {
    if (what.kind == failure_kind::uncaught_exception || each.shown.stack.empty()) continue;
    if (what.kind == failure_kind::leak && !each.shown.proven) continue;
    const std::string site =
        fmt::format("goroutine {}: {} at {}, started at {}",
                    each.shown.proven ? "leaked" : "left over", each.shown.wait_reason,
                    short_place(each.shown.stack.front()), short_place(each.shown.created_at));
    if (sites.find(site) == std::string::npos) sites += (sites.empty() ? "" : "; ") + site;
  }
  if (!text.empty() && !sites.empty()) text += " ";
  text += sites;
  text += fmt::format("; replay with seed {}", what.seed);
  if (!what.cures.empty()) text += fmt::format("; cured by {}", fmt::join(what.cures, ", or by "));
  return text;
}

}  // namespace

std::string message_of(const testing::failure& what, const run_outcome& seen) {
  std::string text = headline(what, seen) + "\n";
  for (const seen_goroutine& each : seen.left) text += "\n" + stack_of(each.shown, each.is_main);
  return text;
}

}  // namespace leash::detail

namespace leash::testing {

const char* text_of(failure_kind kind) noexcept {
  switch (kind) {
    case failure_kind::uncaught_exception:
      return "uncaught exception";
    case failure_kind::failed_assertion:
      return "failed assertion";
    case failure_kind::deadlock:
      return "deadlock";
    case failure_kind::leak:
      return "leak";
    case failure_kind::left_over:
      return "left over";
    case failure_kind::not_reproducible:
      return "not reproducible";
  }
  return "unknown failure";
}

std::string explore_result::text() const {
  std::string all = fmt::format("{} schedule{} explored", schedules, schedules == 1 ? "" : "s");
  if (complete) all += ": all that there are";
  if (pruned != 0) all += fmt::format(" ({} more were the same as others)", pruned);
  if (bound_hit != 0)
    all += fmt::format("; {} ended by max_steps, so nothing is known of their rest", bound_hit);
  all += failures.empty() ? "; none failed\n" : "\n";
  for (const failure& each : failures) {
    all += fmt::format("\nschedule {}", each.schedule);
    if (each.times > 1) all += fmt::format(", and {} more like it", each.times - 1);
    all += ": " + each.message;
    if (!each.timeline.empty())
      all += "\nThe schedule, as simple as it could be made (LEASH_EXPLORE_REPLAY=" + each.choices +
             "):\n" + each.timeline;
  }
  return all;
}

std::string explore_result::summary() const {
  const double seconds = std::chrono::duration<double>(took).count();
  return fmt::format("{} schedules, {} steps, {} states; {:.0f} schedules a second", schedules,
                     steps, states,
                     seconds > 0 ? static_cast<double>(schedules + pruned) / seconds : 0.0);
}

std::ostream& operator<<(std::ostream& out, const explore_result& shown) {
  return out << shown.text();
}

std::ostream& operator<<(std::ostream& out, failure_kind shown) { return out << text_of(shown); }

}  // namespace leash::testing
