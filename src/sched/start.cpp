#include <leash/detail/sched/start.hpp>

#include <leash/detail/base/exposure.hpp>
#include <leash/detail/base/word_scan.hpp>

namespace leash::detail {
namespace {

void borrow(goroutine& borrower, block_header& target) {
  for (const borrow_edge* edge = borrower.borrows.load(std::memory_order_relaxed); edge != nullptr;
       edge = edge->next.load(std::memory_order_relaxed))
    if (edge->block.load(std::memory_order_relaxed) == &target) return;
  borrow_edge* first = borrower.borrows.load(std::memory_order_relaxed);
  if (first != nullptr && mutated(rule::all_borrow_targets)) return;
  borrow_edge* edge = borrow_edge_pool::instance().acquire();
  edge->block.store(&target, std::memory_order_relaxed);
  edge->next.store(first, std::memory_order_relaxed);
  borrower.borrows.store(edge, std::memory_order_release);
  target.marks.fetch_or(borrowed_mark, std::memory_order_release);
  // A prover that has read the target before this edge must see that it changed.
  if (!mutated(rule::borrow_grows_version)) target.version.fetch_add(1, std::memory_order_acq_rel);
}

}  // namespace

void scan_for_borrows(goroutine& borrower, std::span<const std::byte> words) {
  if (mutated(rule::borrow_scan)) return;
  scan_words(words, [&](block_header& target) {
    if (target.owner.load(std::memory_order_relaxed) != &borrower) borrow(borrower, target);
  });
}

void closure_base::completed(promise_base* root) noexcept {
  if (root != nullptr && root->failure) report_uncaught(*root->owner, root->failure);
}

}  // namespace leash::detail
