#include <leash/detail/sched/start.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>

#include <leash/detail/base/word_scan.hpp>

namespace leash::detail {
namespace {

std::string describe(const std::exception_ptr& what) {
  try {
    std::rethrow_exception(what);
  } catch (const std::exception& known) {
    return known.what();
  } catch (...) {
    return "an exception that is no std::exception";
  }
}

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

void report_uncaught(const goroutine& thrower, const std::exception_ptr& what) noexcept {
  const auto& at = thrower.created_at;
  fmt::print(stderr,
             "panic: {}\n\ngoroutine {} [running]:\ncreated by goroutine {} in {}\n\t{}:{}\n"
             "Catch it in the goroutine, or start it in a scope, which passes it on.\n",
             describe(what), thrower.id, thrower.creator, at.function_name(), at.file_name(),
             at.line());
  std::fflush(stderr);
  std::abort();
}

}  // namespace leash::detail
