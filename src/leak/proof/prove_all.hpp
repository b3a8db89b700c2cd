#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "leak/proof/proven_goroutine.hpp"

namespace leash::detail {

// Who wants to know. Who was not asked by the program keeps to the budget of LEASH_PROOF: where it is estimated that the world
// would stand for longer, nothing is proven.
enum class asked_by : std::uint8_t {
  program,  // by a call, at the end of run(), or when all are asleep
  patrol,
  drop,  // after a drop, or a wait: somebody is held up by it
};

// All that is leaked, in the order of their records: stops the world for a moment (see world/stop.hpp) and follows pointers (see
// reach.hpp). Empty when it cannot be stopped, which is said on stderr, once for each reason, and with LEASH_PROOF=off. A thread
// that does not come in time, as it gets no processor on a loaded machine, is waited for again, for 0.4 s in all; after a drop for
// 0.05 s. Any thread; one after the other. Throws std::bad_alloc.
std::vector<proven_goroutine> prove_all(asked_by who = asked_by::program);

// What the last proof took.
struct proof_effort {
  bool refused = false;       // the world could, or should, not be stopped: nothing is known
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
