#pragma once

#include <vector>

#include "leak/proof/prover.hpp"

namespace leash::detail {

// All that is leaked, in the order of their records. The buffers of the prover behind it are kept, which makes it several times as
// fast as the first time. Any thread; one after the other. Throws std::bad_alloc.
std::vector<proven_goroutine> prove_all();

// Whether it is a main that waits for nothing, on purpose: others run for it. It is not spoken of as leaked.
bool is_main_at_rest(const proven_goroutine& proven) noexcept;

}  // namespace leash::detail
