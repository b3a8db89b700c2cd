#pragma once

#include <leash/no_leaks.hpp>
#include <leash/trace.hpp>

namespace leash::testing {

// Whether the options name this goroutine as one that may stay.
bool is_ignored(const goroutine_trace& shown, const no_leaks_options& options);

}  // namespace leash::testing
