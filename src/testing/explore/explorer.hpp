#pragma once

#include <string>
#include <vector>

#include <leash/explore.hpp>

#include "sched/run_watch.hpp"
#include "sched/signal_stack.hpp"
#include "testing/explore/explored_run.hpp"

namespace leash::detail {

// Runs one program again and again.
class explorer {
 public:
  // Throws errc::blocks_worker on a worker.
  explorer(const testing::explore_options& options, explored_program& program);
  explorer(explorer&&) = delete;

  run_outcome run(chooser& chooses);
  // The same, with all that is to be known of it; with a cure that is tried on it.
  run_outcome look_at(const choices& made, const std::optional<cure_trial>& cure = std::nullopt);
  // By chance, with a cure.
  run_outcome try_out(std::uint64_t seed, const cure_trial& cure);

  std::size_t states() const noexcept { return memory_.states.size(); }
  const explored_program& program() const noexcept { return program_; }

 private:
  run_outcome run_with(const run_settings& settings, chooser& chooses);

  // Each run would install them anew.
  const run_watch signals_caught_;
  const signal_stack handlers_run_here_;
  explored_program& program_;
  run_settings settings_;
  explore_memory memory_;
  std::unique_ptr<assertion_watch> assertions_;
};

// What is the same for failures of one kind at the same places.
std::string signature_of(const run_outcome& outcome);

// A schedule with as few choices that need a reason as could be found, which fails as the given one.
choices simplest(explorer& explores, const run_outcome& failed);

// What ends the leak on this schedule, of the cures that there are: "capacity 2".
std::vector<std::string> cures_of(explorer& explores, const run_outcome& failed);

// Who did what, a line a step; a column a goroutine.
std::string timeline_of(const run_outcome& seen);

// "racer.cpp:31"
std::string short_place(const std::source_location& place);

// The failure of this outcome, for people.
std::string message_of(const testing::failure& what, const run_outcome& seen);

}  // namespace leash::detail
