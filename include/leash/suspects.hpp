#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <source_location>
#include <string>
#include <vector>

// Goroutines that look as if they were leaked, and are not proven to be: guesses, and called so. What is proven is never
// among them, see leaks.hpp.

namespace leash {

enum class suspicion : std::uint8_t {
  // It waits for time only, on no leash, and the function that started it has returned, or it has lived long: nothing
  // can tell it to stop.
  no_exit,
  // More and more wait at one place: their number grew from each of the last looks to the next.
  growing_site,
  // Somebody could end its wait, and nobody has for long.
  long_wait,
  // Only handles in a global, on the heap or on a plain thread could end its wait, or only the cancel of its context:
  // nobody who can be seen to go on will.
  held_outside,
};
// "no exit", "growing site", "long wait", "held outside".
const char* text_of(suspicion why) noexcept;

// Goroutines that are suspected of the same, started at one place and suspended alike.
struct suspect {
  suspicion why = suspicion::no_exit;
  std::size_t count = 0;
  std::uint64_t id = 0;  // of one of them
  std::source_location created_at;
  std::vector<std::source_location> stack;  // innermost first; of a very deep one the 128 innermost
  const char* reason = "";                  // why they wait, in Go's words
  // Of the one where it is the longest; by the runtime's clock.
  std::chrono::nanoseconds age{};    // since it was started
  std::chrono::nanoseconds since{};  // since it last got to run
  std::string text;                  // what is suspicious, and what to do, for people
};

struct suspect_options {
  std::chrono::nanoseconds long_wait = std::chrono::minutes(10);
  // From when on a goroutine that nothing can stop is suspicious, whoever started it.
  std::chrono::nanoseconds long_life = std::chrono::minutes(1);
};

// Looks, and returns what is suspicious, the most first; each goroutine once, for the first reason of no_exit, growing_site,
// held_outside, long_wait that holds. Nothing is stopped: each goroutine is judged as it stood at one moment.
//
// A site grows when, in each of the last 3 looks, more waited there than in the one before, and at least 8 more in all.
// Every call is a look, and so is each round of the patrol; looks that follow each other too fast tell nothing.
//
// Takes several times as long as leaks(), which it begins with. Any goroutine, any thread; one call after the other.
// Throws std::bad_alloc.
std::vector<suspect> suspects(const suspect_options& options = {});

// The same as a text for people; empty when nothing is suspicious.
std::string suspects_text(const suspect_options& options = {});

}  // namespace leash
