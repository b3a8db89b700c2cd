#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <leash/testing.hpp>

#include "corpus/corpus.hpp"
#include "corpus/runner/marks.hpp"

namespace corpus {

// What came of one mark.
struct finding {
  mark what;
  std::size_t left = 0;    // the first schedule that left a goroutine there, from 1; 0: none did
  std::size_t proven = 0;  // the first that left one that was proven leaked
};

struct variant_findings {
  std::vector<finding> all;
  std::vector<std::string> unexpected;  // what else was wrong with a schedule
  std::size_t schedules = 0;

  // Of marks that are no suspects: pairs of birthplace and reason, and birthplaces; all, and those that were proven, or left.
  std::size_t pairs() const;
  std::size_t pairs_proven() const;
  std::size_t pairs_left() const;
  std::size_t birthplaces() const;
  std::size_t birthplaces_proven() const;
  // The schedule by which the last pair was proven.
  std::size_t schedules_needed() const;
};

struct shape_findings {
  entered_shape of;
  variant_findings leaky;
  variant_findings fixed;      // has only what is unexpected
  variant_findings idiomatic;  // what is marked may be proven or not
};

// Explores all variants of a shape. Throws std::runtime_error for marks that cannot be read.
shape_findings explore_shape(const entered_shape& what,
                             const leash::testing::explore_options& options);

}  // namespace corpus
