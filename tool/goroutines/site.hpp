#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>

#include "goroutines/profile.hpp"

namespace leash::tool {

// A place where goroutines stand, and which of them: why they wait there, and where they come from.
struct site {
  std::string function;
  std::string file;
  std::int64_t line = 0;
  std::string reason;   // Go's words: "chan send"
  std::string created;  // file:line of the go statement; empty: the program does not say
  std::string entry;    // the function that the goroutine runs

  auto operator<=>(const site&) const = default;

  std::string place() const;
  // Whether who stands there waits for something.
  bool is_blocked() const noexcept { return reason != "running" && reason != "runnable"; }
};

// The site of a sample. A program of leash names the wait's reason and the birthplace in labels; of a Go
// program the reason is read from the functions of its runtime on top of the stack. The site is the first
// function below what belongs to the runtime.
site site_of(const profile_sample& sample);

struct site_tally {
  std::int64_t count = 0;     // below zero in the difference of two profiles
  std::int64_t waiting = -1;  // seconds that one of them has waited at least; -1: not known
};
using site_tallies = std::map<site, site_tally>;

// All samples of a profile; throws profile_error. With somewhere to put them, suspects (see leash::suspects) are not among
// them: of a profile of leaks, those are apart.
site_tallies tally_profile(std::string_view bytes, std::size_t limit,
                           site_tallies* suspects = nullptr);

// a + b, or the nearest there is.
std::int64_t saturated_sum(std::int64_t a, std::int64_t b) noexcept;

}  // namespace leash::tool
