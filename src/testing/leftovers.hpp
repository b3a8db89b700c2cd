#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include <leash/no_leaks.hpp>

#include "leak/report/trace_groups.hpp"

namespace leash::detail {
class scheduler;
}

namespace leash::testing {

// The goroutines of a test that are still there.
struct leftovers {
  detail::trace_groups leaked;  // proven to be
  detail::trace_groups others;
  std::size_t ignored = 0;

  bool empty() const noexcept { return leaked.empty() && others.empty(); }
};

// How to look for them.
struct search {
  std::uint32_t cohort;
  const no_leaks_options& options;
  const detail::scheduler* home = nullptr;  // only those of this runtime; null: of all
  bool at_rest = false;                     // it is no use to wait
};

// Returns as soon as none are left, or one is leaked, or the patience is at its end. Throws std::bad_alloc.
leftovers await_leftovers(const search& wanted);

// What to say of them, and of when that was: "1 s after its end". Empty when there are none.
std::string text_of(const leftovers& found, std::string_view when);

}  // namespace leash::testing
