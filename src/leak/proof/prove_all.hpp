#pragma once

#include <vector>

#include "leak/proof/prover.hpp"

namespace leash::detail {

// All that is leaked, in the order of their records. The buffers of the prover behind it are kept, which makes it several times as
// fast as the first time. Any thread; one after the other. Throws std::bad_alloc.
std::vector<proven_goroutine> prove_all();

// Takes out of these, which are in the order of their records, each main that waits for nothing: on purpose, others run for it. It is
// not spoken of as leaked.
void leave_out_mains_at_rest(std::vector<proven_goroutine>& proven);

}  // namespace leash::detail
