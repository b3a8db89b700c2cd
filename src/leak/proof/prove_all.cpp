#include "leak/proof/prove_all.hpp"

#include <algorithm>
#include <mutex>

#include "sched/worker.hpp"

namespace leash::detail {

std::vector<proven_goroutine> prove_all() {
  static std::mutex lock;
  static auto& used = *new prover;
  const std::lock_guard guard(lock);
  return used.prove();
}

void leave_out_mains_at_rest(std::vector<proven_goroutine>& proven) {
  for (const goroutine* main : mains()) {
    if (main->reason.load(std::memory_order_acquire) != wait_reason::select_no_cases) continue;
    const auto at = std::ranges::lower_bound(proven, main, {}, &proven_goroutine::record);
    if (at != proven.end() && at->record == main) proven.erase(at);
  }
}

}  // namespace leash::detail
