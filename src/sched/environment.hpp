#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include <leash/runtime.hpp>

// What the environment says of runtimes that were not told otherwise. These throw error(errc::bad_option) with a sentence that
// says what to write instead.

namespace leash::detail {

inline constexpr std::uint32_t most_processors = 256;

// LEASH_MAXPROCS, else the processors that this process may use.
std::uint32_t processors_here();

// LEASH_LEAKS.
leak_policy policy_here();

// LEASH_PATROL; none: it is not said.
std::optional<std::chrono::milliseconds> patrol_here();

// LEASH_PROOF: off, or for how long a proof that the program did not ask for may hold it up.
struct proof_option {
  bool off = false;
  std::chrono::milliseconds budget{10};
};
// Read when the first runtime starts, or the first proof is wanted.
const proof_option& proof_here();

}  // namespace leash::detail
