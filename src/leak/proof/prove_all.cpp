#include "leak/proof/prove_all.hpp"

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
    if (const proven_goroutine* at = find_proven(proven, main))
      proven.erase(proven.begin() + (at - proven.data()));
  }
}

}  // namespace leash::detail
