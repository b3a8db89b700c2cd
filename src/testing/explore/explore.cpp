#include <leash/explore.hpp>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <map>
#include <string_view>

#include <fmt/format.h>

#include <leash/error.hpp>

#include "testing/explore/explorer.hpp"

namespace leash::detail {
namespace {

std::uint64_t seed_of(const testing::explore_options& options) {
  const char* text = std::getenv("LEASH_EXPLORE_SEED");
  if (text == nullptr || *text == '\0') return options.seed;
  const std::string_view given(text);
  std::uint64_t seed = 0;
  const auto [end, bad] = std::from_chars(given.data(), given.data() + given.size(), seed);
  if (bad != std::errc{} || end != given.data() + given.size())
    throw error(errc::bad_option,
                fmt::format("LEASH_EXPLORE_SEED={}: give a number, or unset it", given));
  return seed;
}

std::string replay_of(const testing::explore_options& options) {
  const char* text = std::getenv("LEASH_EXPLORE_REPLAY");
  return text == nullptr || *text == '\0' ? options.replay : text;
}

// What came of all schedules so far.
class findings {
 public:
  findings(const testing::explore_options& options, explorer& explores)
      : options_(options), explores_(explores) {}

  // True: that is enough.
  bool add(const run_outcome& outcome, std::uint64_t seed) {
    result_.steps += outcome.steps;
    if (outcome.pruned) {
      ++result_.pruned;
      return false;
    }
    ++result_.schedules;
    if (outcome.cut) ++result_.bound_hit;
    if (!outcome.failed) return false;
    const auto [at, fresh] = known_.try_emplace(signature_of(outcome), result_.failures.size());
    if (!fresh) {
      ++result_.failures[at->second].times;
      return false;
    }
    result_.failures.push_back(explained(outcome, seed));
    return options_.stop_at_first_failure;
  }
  testing::explore_result& result() noexcept { return result_; }

 private:
  testing::failure explained(const run_outcome& outcome, std::uint64_t seed) {
    testing::failure what;
    what.kind = *outcome.failed;
    what.schedule = result_.schedules;
    what.times = 1;
    what.seed = seed;
    what.choices = text_of(outcome.made);
    run_outcome seen = explores_.look_at(outcome.made);
    if (signature_of(seen) != signature_of(outcome)) {
      what.kind = testing::failure_kind::not_reproducible;
      seen = outcome;
    } else if (options_.explain) {
      seen = explores_.look_at(simplest(explores_, seen));
      what.choices = text_of(seen.made);
      what.cures = cures_of(explores_, seen);
    }
    for (const seen_goroutine& each : seen.left) what.goroutines.push_back(each.shown);
    what.timeline = timeline_of(seen);
    what.message = message_of(what, seen);
    return what;
  }

  const testing::explore_options& options_;
  explorer& explores_;
  testing::explore_result result_;
  std::map<std::string, std::size_t> known_;
};

}  // namespace

testing::explore_result explore(const testing::explore_options& options,
                                explored_program& program) {
  const auto began = std::chrono::steady_clock::now();
  const std::string replay = replay_of(options);
  const std::uint64_t seed = seed_of(options);
  explorer explores(options, program);
  findings found(options, explores);
  if (!replay.empty()) {
    replay_chooser again(choices_in(replay));
    again.begin(0);
    found.add(explores.run(again), seed);
  } else {
    const auto chooses = make_chooser(options);
    const bool all = options.strategy == testing::strategy::exhaustive;
    const std::size_t most = options.schedules == 0 && !all ? 1 : options.schedules;
    for (std::uint64_t next = seed;; ++next) {
      if (most != 0 && found.result().schedules == most) break;
      if (!chooses->begin(next)) {
        found.result().complete = found.result().bound_hit == 0;
        break;
      }
      if (found.add(explores.run(*chooses), next)) break;
    }
  }
  found.result().states = explores.states();
  found.result().took = std::chrono::steady_clock::now() - began;
  return std::move(found.result());
}

}  // namespace leash::detail
