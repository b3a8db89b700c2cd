#include <mutex>
#include <thread>

#include "worker.hpp"

#include <leash/detail/sched/cohort.hpp>

// The end of a test's runtime. Who watches the test's goroutines looks at those that are left before they are unwound, and may
// wait for those that are about to end.

namespace leash::detail {
namespace {

bool is_watched(std::uint32_t number) {
  cohort& all = cohort_of(number);
  const std::lock_guard guard(all.watch_lock);
  return all.watcher != nullptr;
}

void tell_watcher(std::uint32_t number, const scheduler& home, bool at_rest) {
  cohort& all = cohort_of(number);
  const std::lock_guard guard(all.watch_lock);
  if (all.watcher != nullptr) all.watcher->runtime_ends(home, at_rest);
}

}  // namespace

void scheduler::see_off_cohort(bool others_run) {
  const std::uint32_t number = cohort_here();
  if (hidden || number == 0 || live() == 0) return;
  const work_for kept(number);
  if (!is_watched(number)) return;
  if (others_run) {
    tell_watcher(number, *this, false);
  } else if (virtual_time) {
    // Time stands: all that can run does, and nobody waits for a moment to come.
    run_until(at_rest);
    tell_watcher(number, *this, true);
  } else {
    std::atomic<bool> told{false};
    std::thread watching([&] {
      tell_watcher(number, *this, false);
      told.store(true, std::memory_order_seq_cst);
      wake_all();
    });
    run_until(told);
    watching.join();
  }
}

}  // namespace leash::detail
