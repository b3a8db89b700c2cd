#include <fmt/format.h>

#include <leash/error.hpp>

#include "testing/explore/explorer.hpp"

namespace leash::detail {
namespace {

// A program that takes more goes round for ever.
constexpr std::size_t most_steps = 50'000'000;

}  // namespace

void run_in_bubble(explored_program& program) {
  testing::explore_options options;
  options.timers = testing::timers::when_idle;
  options.settle = std::chrono::hours(24 * 365);
  options.max_steps = most_steps;
  options.explain = false;
  explorer once(options, program);
  replay_chooser in_order({});
  in_order.begin(0);
  const run_outcome outcome = once.run(in_order);
  if (program.failure()) return;  // rethrown where it is called
  if (outcome.thrown) std::rethrow_exception(outcome.thrown);
  if (outcome.cut)
    throw error(errc::goroutines_left,
                fmt::format("still running after {} steps: a goroutine that goes round for ever "
                            "needs a condition on which it "
                            "exits",
                            most_steps));
  if (!outcome.failed) return;
  testing::failure what;
  what.kind = *outcome.failed;
  throw error(errc::goroutines_left, message_of(what, outcome));
}

}  // namespace leash::detail
