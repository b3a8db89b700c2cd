#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <source_location>
#include <string>
#include <vector>

#include <leash/detail/sched/scheduler.hpp>
#include <leash/explore.hpp>

#include "testing/explore/replay_chooser.hpp"

namespace leash::detail {

// What is tried against a leak: on an object, or for a goroutine, of this name.
struct cure_trial {
  enum class way : std::uint8_t {
    more_room,  // a channel has one slot more
    done_case,  // a goroutine that waits when nobody can run any more is unwound, as one with a done case ends
    close,  // a channel is closed when nobody can run any more
  } kind = way::more_room;
  std::vector<std::uint64_t> names{};
  std::size_t room = 1;

  bool is_for(std::uint64_t name) const noexcept {
    return std::find(names.begin(), names.end(), name) != names.end();
  }
};

enum class event_kind : std::uint8_t { step, fired, ended, called };

// What was done in a step: for a timeline. Without holes: what a stack had there before would lie on the heap, and look like
// somebody's pointer.
struct run_event {
  std::uint64_t goroutine = 0;  // its id; 0: a timer
  clock_time when;
  const char* what = "";       // "chan send", "close", "go"
  std::source_location where;  // of its innermost task
  event_kind kind = event_kind::step;
  bool waits = false;  // it has to wait for that
  bool first = false;  // it begins
  std::array<std::uint8_t, 5> nothing{};
  std::vector<std::uint64_t> woken{};  // ids of those that can run because of it
};

struct seen_goroutine {
  testing::left_goroutine shown;
  std::uint64_t name = 0;
  std::uint64_t waits_on = 0;  // the name of the channel that it waits for, if it is one
  std::size_t capacity = 0;    // of that channel
  bool is_main = false;
};

struct run_outcome {
  std::optional<testing::failure_kind> failed{};
  std::string said{};           // what an exception or an assertion had to say
  std::exception_ptr thrown{};  // by another goroutine than main
  std::vector<seen_goroutine> left{};
  choices made{};
  std::size_t steps = 0;
  bool cut = false;     // after max_steps
  bool pruned = false;  // the chooser had it end
  std::vector<run_event> events{};
  struct started {
    std::uint64_t id = 0;
    std::uint64_t creator = 0;
    std::source_location where;
  };
  std::vector<started> goroutines{};  // with the events
};

}  // namespace leash::detail
