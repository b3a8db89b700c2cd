#include "testing/explore/explorer.hpp"
#include "base/world/gate.hpp"

#include <algorithm>
#include <atomic>

#include <fmt/format.h>

#include <leash/error.hpp>

#include "testing/explore/exhaustive_chooser.hpp"
#include "testing/explore/pct_chooser.hpp"
#include "testing/explore/random_chooser.hpp"

namespace leash::detail {
namespace {

std::atomic<make_assertion_watch> watch_maker{nullptr};

}  // namespace

void set_assertion_watch(make_assertion_watch make) noexcept { watch_maker.store(make); }

std::unique_ptr<chooser> make_chooser(const testing::explore_options& options) {
  switch (options.strategy) {
    case testing::strategy::random:
      return std::make_unique<random_chooser>();
    case testing::strategy::pct:
      return std::make_unique<pct_chooser>(options.depth);
    case testing::strategy::exhaustive:
      return std::make_unique<exhaustive_chooser>(options.preemptions, options.reduction);
  }
  throw error(errc::bad_option, "explore: no such strategy");
}

explorer::explorer(const testing::explore_options& options, explored_program& program)
    : program_(program),
      settings_{.timers = options.timers,
                .settle = options.settle,
                .max_steps = options.max_steps,
                .count_states = options.explain} {
  if (this_worker() != nullptr)
    throw error(errc::blocks_worker,
                "explore() and bubble() run goroutines on this thread until they have ended: call "
                "them from a plain thread, such as a test's, not from a goroutine");
  if (const make_assertion_watch make = watch_maker.load()) assertions_ = make();
  memory_.assertions = assertions_.get();
}

// In a frame of its own, without what earlier runs have left on the stack.
[[gnu::noinline]] run_outcome explorer::run_with(const run_settings& settings, chooser& chooses) {
  explored_run one(settings, chooses, program_, memory_);
  return one.run();
}

run_outcome explorer::run(chooser& chooses) {
  clear_stack_below();
  return run_with(settings_, chooses);
}

run_outcome explorer::look_at(const choices& made, const std::optional<cure_trial>& cure) {
  run_settings closely = settings_;
  closely.count_states = false;
  closely.look_closely = true;
  closely.cure = cure;
  replay_chooser again(made);
  again.begin(0);
  clear_stack_below();
  return run_with(closely, again);
}

run_outcome explorer::try_out(std::uint64_t seed, const cure_trial& cure) {
  run_settings closely = settings_;
  closely.count_states = false;
  closely.look_closely = true;
  closely.cure = cure;
  random_chooser chance;
  chance.begin(seed);
  clear_stack_below();
  return run_with(closely, chance);
}

std::string signature_of(const run_outcome& outcome) {
  if (!outcome.failed) return {};
  std::vector<std::string> places;
  for (const seen_goroutine& each : outcome.left) {
    const auto& at = each.shown.created_at;
    places.push_back(fmt::format("{}:{}:{} {}{}", at.file_name(), at.line(), at.column(),
                                 each.shown.wait_reason, each.shown.proven ? " proven" : ""));
  }
  std::ranges::sort(places);
  const auto [first, last] = std::ranges::unique(places);
  places.erase(first, last);
  std::string all = testing::text_of(*outcome.failed);
  for (const std::string& each : places) all += "\n" + each;
  return all + "\n" + outcome.said;
}

}  // namespace leash::detail
