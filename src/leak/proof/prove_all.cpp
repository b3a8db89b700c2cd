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

bool is_main_at_rest(const proven_goroutine& proven) noexcept {
  const goroutine& record = *proven.record;
  return record.reason.load(std::memory_order_acquire) == wait_reason::select_no_cases &&
         facts_of(record.home.load(std::memory_order_acquire)).main == &record;
}

}  // namespace leash::detail
