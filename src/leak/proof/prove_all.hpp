#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "leak/proof/proven_goroutine.hpp"

namespace leash::detail {

// How often the world is asked to stop if a thread does not come in time: on a loaded machine it may get no processor for a while.
enum class insistence : std::uint8_t {
  brief,    // twice more, 0.05 s in all; when that does not help, nothing is said
  patient,  // after waits that become longer, for 0.4 s in all
};

// All that is leaked, in the order of their records: stops the world for a moment (see world/stop.hpp) and follows pointers (see
// reach.hpp). Empty when it cannot be stopped, which is said on stderr, once for each reason. Any thread; one after the other.
// Throws std::bad_alloc.
std::vector<proven_goroutine> prove_all(insistence how = insistence::patient);

// What the last proof took.
struct proof_effort {
  bool refused = false;       // the world could not be stopped: nothing is known
  std::size_t waiting = 0;    // goroutines that might have been leaked
  std::size_t blocks = 0;     // that were reached
  std::size_t bytes = 0;      // that were read
  std::size_t signalled = 0;  // threads that a signal stopped
  std::int64_t stopping = 0;  // until all stood; nanoseconds
  std::int64_t pause = 0;     // for how long threads were held up; nanoseconds
};
proof_effort last_proof_effort() noexcept;

// Takes out of these, which are in the order of their records, each main that waits for nothing: on purpose, others run for it. It is
// not spoken of as leaked.
void leave_out_mains_at_rest(std::vector<proven_goroutine>& proven);

}  // namespace leash::detail
