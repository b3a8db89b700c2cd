#include <leash/detail/sched/cohort.hpp>

#include <utility>

#include <leash/detail/sched/goroutine.hpp>

#include "worker.hpp"

namespace leash::detail {
namespace {

constinit thread_local std::uint32_t working_for = 0;

[[gnu::noinline]] std::uint32_t of_this_thread() noexcept { return working_for; }

void count_out(std::uint32_t number, std::uint64_t what) noexcept {
  cohort& all = cohort_of(number);
  // Both ways: what was done with the record happens before it is another cohort's.
  if (all.counted.fetch_sub(what, std::memory_order_acq_rel) == what)
    cohort_pool::instance().release(&all);
}

void tell_of_change(cohort& all) noexcept {
  if (all.awaited.load(std::memory_order_seq_cst) == 0) return;
  all.changes.fetch_add(1, std::memory_order_seq_cst);
  const std::lock_guard guard(all.lock);
  all.changed.notify_all();
}

}  // namespace

constinit std::atomic<std::uint32_t> awaited_cohorts{0};

cohort& cohort_of(std::uint32_t number) noexcept { return cohort_pool::instance()[number - 1]; }

std::uint32_t new_cohort() {
  auto& pool = cohort_pool::instance();
  cohort& fresh = *pool.acquire();
  // Relaxed: nobody else knows it yet.
  fresh.counted.store(cohort::one_keeper, std::memory_order_relaxed);
  return pool.index_of(&fresh) + 1;
}

std::uint32_t keep_cohort(std::uint32_t number) noexcept {
  // Relaxed: somebody is counted, so it stays.
  if (number != 0)
    cohort_of(number).counted.fetch_add(cohort::one_keeper, std::memory_order_relaxed);
  return number;
}

void let_go_of_cohort(std::uint32_t number) noexcept {
  if (number != 0) count_out(number, cohort::one_keeper);
}

bool join_cohort(std::uint32_t number) noexcept {
  std::atomic<std::uint64_t>& counted = cohort_of(number).counted;
  std::uint64_t seen = counted.load(std::memory_order_relaxed);
  // Acquire and release, as in count_out.
  while (seen != 0)
    if (counted.compare_exchange_weak(seen, seen + 1, std::memory_order_acq_rel)) return true;
  return false;
}

void leave_cohort(std::uint32_t number) noexcept {
  cohort& all = cohort_of(number);
  // Kept until it has been told; seq_cst: see tell_of_change.
  all.counted.fetch_add(cohort::one_keeper - 1, std::memory_order_seq_cst);
  tell_of_change(all);
  count_out(number, cohort::one_keeper);
}

awaits_cohort::awaits_cohort(cohort& whose) noexcept : whose_(&whose) {
  whose.awaited.fetch_add(1, std::memory_order_seq_cst);
  awaited_cohorts.fetch_add(1, std::memory_order_seq_cst);
}

awaits_cohort::~awaits_cohort() {
  awaited_cohorts.fetch_sub(1, std::memory_order_seq_cst);
  whose_->awaited.fetch_sub(1, std::memory_order_seq_cst);
}

void tell_cohorts_of_rest() noexcept {
  auto& pool = cohort_pool::instance();
  for (std::uint32_t i = 0; i < pool.size(); ++i) tell_of_change(pool[i]);
}

std::uint32_t cohort_here() noexcept {
  if (const goroutine* self = current_goroutine(); self != nullptr)
    return self->cohort_or_woken.load(std::memory_order_relaxed);
  return of_this_thread();
}

std::uint32_t cohort_from_outside(const scheduler& home) noexcept {
  const std::uint32_t own = of_this_thread();
  return own != 0 ? own : home.made_in_cohort;
}

namespace {

// How many it has taken out.
std::size_t take_out_members(std::uint32_t number) noexcept {
  auto& pool = goroutine_pool::instance();
  const goroutine* self = current_goroutine();
  std::size_t count = 0;
  for (std::uint32_t i = 0; i < pool.size(); ++i) {
    goroutine& each = pool[i];
    std::uint32_t seen = number;
    if (&each == self ||
        !each.cohort_or_woken.compare_exchange_strong(seen, 0, std::memory_order_seq_cst))
      continue;
    leave_cohort(number);
    ++count;
  }
  return count;
}

}  // namespace

void release_members(std::uint32_t number) noexcept {
  // Once more for those that were being started: see enter_cohort().
  while (take_out_members(number) != 0) {
  }
}

[[gnu::noinline]] std::uint32_t change_cohort_of_thread(std::uint32_t number) noexcept {
  return std::exchange(working_for, number);
}

work_for::work_for(std::uint32_t number) noexcept
    : outer_(change_cohort_of_thread(keep_cohort(number))) {}

work_for::~work_for() { let_go_of_cohort(change_cohort_of_thread(outer_)); }

}  // namespace leash::detail
