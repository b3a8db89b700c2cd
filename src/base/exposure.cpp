#include <leash/detail/base/exposure.hpp>

#include <atomic>

#include <leash/detail/base/mutation.hpp>
#include <leash/detail/base/word_scan.hpp>

namespace leash::detail {
namespace {

std::atomic<judge_of_use> judge{nullptr};
std::atomic<std::uint64_t> sent{0};
std::atomic<std::uint64_t> foreign{0};

}  // namespace

void expose(block_header& block) noexcept {
  // In this order: a prover reads the version, then the mark, then the version again.
  block.marks.fetch_or(exposed_mark, std::memory_order_release);
  block.version.fetch_add(1, std::memory_order_acq_rel);
}

void begin_lend(block_header* block) noexcept {
  if (block == nullptr) return;
  std::uint8_t count = block->lent.load(std::memory_order_relaxed);
  while (count != lent_for_good &&
         !block->lent.compare_exchange_weak(count, static_cast<std::uint8_t>(count + 1),
                                            std::memory_order_acq_rel)) {
  }
  if (!mutated(rule::lend_grows_version)) block->version.fetch_add(1, std::memory_order_acq_rel);
}

void end_lend(block_header* block) noexcept {
  if (block == nullptr) return;
  std::uint8_t count = block->lent.load(std::memory_order_relaxed);
  while (count != lent_for_good && count != 0 &&
         !block->lent.compare_exchange_weak(count, static_cast<std::uint8_t>(count - 1),
                                            std::memory_order_acq_rel)) {
  }
  if (!mutated(rule::lend_grows_version)) block->version.fetch_add(1, std::memory_order_acq_rel);
}

// acquire: a prover reads the version again afterwards.
bool is_open_to_all(const block_header& block) noexcept {
  const bool lent = block.lent.load(std::memory_order_acquire) != 0 && !mutated(rule::lent_is_open);
  return lent || is_exposed(block);
}

bool is_exposed(const block_header& block) noexcept {
  return (block.marks.load(std::memory_order_acquire) & exposed_mark) != 0;
}

bool is_borrowed(const block_header& block) noexcept {
  return (block.marks.load(std::memory_order_acquire) & borrowed_mark) != 0;
}

void expose_targets(std::span<const std::byte> words) noexcept {
  if (mutated(rule::sent_pointers_expose)) return;
  scan_words(words, [](block_header& target) {
    if ((target.marks.load(std::memory_order_relaxed) & exposed_mark) != 0) return;
    expose(target);
    sent.fetch_add(1, std::memory_order_relaxed);
  });
}

[[gnu::noinline]] void note_use_in_arena(const void* place) noexcept {
  block_header* block = find_block(place);
  if (block == nullptr) return;
  const block_kind kind = block->kind.load(std::memory_order_relaxed);
  if (kind != block_kind::frame && kind != block_kind::closure) return;
  if (is_open_to_all(*block)) return;
  const judge_of_use judged = judge.load(std::memory_order_relaxed);
  if (judged == nullptr || mutated(rule::foreign_use_exposes)) return;
  const use made = judged(*block);
  if (made == use::allowed) return;
  expose(*block);
  foreign.fetch_add(1, std::memory_order_relaxed);
}

void set_judge_of_use(judge_of_use given) noexcept {
  judge.store(given, std::memory_order_relaxed);
}

exposures count_exposures() noexcept {
  return {sent.load(std::memory_order_relaxed), foreign.load(std::memory_order_relaxed)};
}

}  // namespace leash::detail
