#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "testing/explore/explorer.hpp"

// Tries the cures of the article's table on a schedule that leaves goroutines behind: room in the channel, a done case, a close.

namespace leash::detail {
namespace {

class healer {
 public:
  healer(explorer& explores, const run_outcome& failed) : explores_(explores), failed_(failed) {}

  std::vector<std::string> cures() {
    for (const seen_goroutine& each : failed_.left) {
      if (each.is_main) continue;
      try_room(each);
      try_done(each);
      try_close(each);
    }
    return std::move(found_);
  }

 private:
  // Nobody is left on that schedule; nor, on some others, anybody whom the cure is for.
  bool ends_it(const cure_trial& cure, const seen_goroutine& of) {
    if (explores_.look_at(failed_.made, cure).failed) return false;
    constexpr std::uint64_t others = 20;
    for (std::uint64_t seed = 1; seed <= others; ++seed) {
      const run_outcome outcome = explores_.try_out(seed, cure);
      if (outcome.failed && *outcome.failed == testing::failure_kind::uncaught_exception)
        return false;
      if (std::any_of(outcome.left.begin(), outcome.left.end(), [&](const seen_goroutine& each) {
            return each.shown.created_at.line() == of.shown.created_at.line() &&
                   each.shown.wait_reason == of.shown.wait_reason;
          }))
        return false;
    }
    return true;
  }

  void add(std::string cure) {
    if (std::find(found_.begin(), found_.end(), cure) == found_.end())
      found_.push_back(std::move(cure));
  }

  void try_room(const seen_goroutine& of) {
    if (of.waits_on == 0 || of.shown.wait_reason != "chan send") return;
    const auto senders = static_cast<std::size_t>(
        std::count_if(failed_.left.begin(), failed_.left.end(), [&](const seen_goroutine& each) {
          return each.waits_on == of.waits_on && each.shown.wait_reason == "chan send";
        }));
    for (std::size_t room = 1; room <= senders; ++room)
      if (ends_it({cure_trial::way::more_room, {of.waits_on}, room}, of)) {
        add(fmt::format("capacity {}", of.capacity + room));
        return;
      }
  }

  void try_done(const seen_goroutine& of) {
    cure_trial trial{.kind = cure_trial::way::done_case};
    for (const seen_goroutine& each : failed_.left)
      if (each.shown.created_at.line() == of.shown.created_at.line())
        trial.names.push_back(each.name);
    if (ends_it(trial, of))
      add(fmt::format("a done case: on_done(context) at {}", short_place(of.shown.stack.front())));
  }

  void try_close(const seen_goroutine& of) {
    if (of.waits_on == 0 || of.shown.wait_reason != "chan receive") return;
    if (ends_it({cure_trial::way::close, {of.waits_on}}, of))
      add("a close: the last sender closes the channel");
  }

  explorer& explores_;
  const run_outcome& failed_;
  std::vector<std::string> found_;
};

}  // namespace

std::vector<std::string> cures_of(explorer& explores, const run_outcome& failed) {
  using testing::failure_kind;
  const bool leaves_somebody = *failed.failed == failure_kind::leak ||
                               *failed.failed == failure_kind::left_over ||
                               *failed.failed == failure_kind::deadlock;
  return leaves_somebody ? healer(explores, failed).cures() : std::vector<std::string>();
}

}  // namespace leash::detail
