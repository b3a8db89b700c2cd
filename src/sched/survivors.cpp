#include <mutex>
#include <optional>
#include <utility>

#include "survivor_report.hpp"
#include "worker.hpp"

// The end of run(): goroutines that are left are claimed, all of them, before the first is destroyed;
// otherwise a destructor of one could wake another, and a goroutine that was to be unwound would run.
// Goroutines that doom themselves meanwhile are set aside, for the same reason.

namespace leash::detail {
namespace {

void release(goroutine*& claimed) noexcept {
  while (claimed != nullptr) {
    goroutine* item = claimed;
    claimed = item->next;
    make_ready(*item, false);
  }
}

}  // namespace

bool scheduler::set_aside(goroutine& doomed) noexcept {
  if (!claiming_.load(std::memory_order_seq_cst)) return false;
  const std::lock_guard guard(claiming_lock_);
  if (!claiming_.load(std::memory_order_relaxed)) return false;
  doomed.next = set_aside_;
  set_aside_ = &doomed;
  return true;
}

void scheduler::unwind_survivors(bool say) {
  patrol_.reset();
  std::optional<survivor_report> report;
  if (say) report.emplace(*this);
  // Before `stopping`: who dooms itself because of that finds it set.
  claiming_.store(!mutated(rule::claim_all_then_destroy), std::memory_order_seq_cst);
  stopping.store(true, std::memory_order_seq_cst);
  goroutine* claimed = nullptr;
  auto& pool = goroutine_pool::instance();
  for (std::uint32_t i = 0; i < pool.size(); ++i) {
    goroutine& each = pool[i];
    const std::uint64_t word = each.word.load(std::memory_order_seq_cst);
    if (state_of(word) != wait_state::waiting) continue;
    if (each.home.load(std::memory_order_relaxed) != this) continue;
    // What is shielded goes on to its end, and is unwound afterwards.
    if (each.shields.load(std::memory_order_relaxed) != 0) continue;
    if (each.sheltered.load(std::memory_order_relaxed) || !claim(each, word)) continue;
    each.unwind = true;
    each.next = claimed;
    claimed = &each;
    if (mutated(rule::claim_all_then_destroy)) {
      release(claimed);
      while (workers.size() > 1 && state_of(each.word.load()) == wait_state::claimed &&
             !each.is_unwinding())
        std::this_thread::yield();
    }
  }
  goroutine* aside = nullptr;
  {
    const std::lock_guard guard(claiming_lock_);
    claiming_.store(false, std::memory_order_seq_cst);
    aside = std::exchange(set_aside_, nullptr);
  }
  if (report) {
    for (const goroutine* list : {claimed, aside})
      for (const goroutine* each = list; each != nullptr; each = each->next) report->add(*each);
    report->print();
    report.reset();
  }
  time_stands.store(false, std::memory_order_release);
  release(aside);
  release(claimed);
  static const std::atomic<bool> never{false};
  // Others may start goroutines here (see start_if_running) until it is closed and they have left.
  for (;;) {
    run_until(never);
    closed_.store(true, std::memory_order_seq_cst);
    while (visitors_.load(std::memory_order_seq_cst) != 0) std::this_thread::yield();
    if (live() == 0) return;
    closed_.store(false, std::memory_order_seq_cst);
  }
}

}  // namespace leash::detail
