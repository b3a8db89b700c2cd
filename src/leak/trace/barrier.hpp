#pragma once

namespace leash::detail {

// Has every other thread of the process execute a full memory barrier between the call and the return. False: the
// kernel refuses. Neither allocates nor locks. Any thread.
bool barrier_in_all_threads() noexcept;

}  // namespace leash::detail
