#include "leak/proof/local_proof.hpp"

#include <algorithm>
#include <mutex>

#include <leash/detail/base/exposure.hpp>
#include <leash/detail/base/handle.hpp>
#include <leash/detail/base/mutation.hpp>

#include "leak/proof/readings.hpp"

namespace leash::detail {
namespace {

bool may_be_borrowed(const block_header& block) noexcept {
  return is_borrowed(block) && !mutated(rule::local_proof_knows_no_borrower);
}

}  // namespace

bool local_proof::read(goroutine& first) noexcept {
  goroutine_count_ = ability_count_ = block_count_ = 0;
  undecided_ = false;
  if (!add(first)) return false;
  // Both grow meanwhile: what is able leads to blocks, and these to goroutines and other objects.
  std::size_t next_block = 0;
  for (std::size_t i = 0; i < ability_count_; ++i) {
    if (!look_for_able(abilities_[i])) return false;
    for (; next_block < block_count_; ++next_block)
      if (!follow(blocks_[next_block])) return false;
  }
  return true;
}

// False, as everywhere here: it may be live.
bool local_proof::add(goroutine& record) noexcept {
  for (const proven_goroutine& known : *this)
    if (known.record == &record) return true;
  if (goroutine_count_ == most_goroutines)
    return mutated(rule::local_proof_has_limits) || leave_undecided();
  const std::uint64_t word = record.word.load(std::memory_order_acquire);
  if (state_of(word) != wait_state::waiting || !may_be_proven(record)) return false;
  std::array<wait_target, most_abilities> targets;
  std::size_t count = 0;
  const bool fits = read_targets(record, [&](const wait_target& each) {
    if (count == targets.size()) return leave_undecided();
    targets[count++] = each;
    return true;
  });
  object* const leash = waking_leash_of(record);
  if (!fits || record.word.load(std::memory_order_relaxed) != word) return false;
  goroutines_[goroutine_count_++] = {&record, word};
  for (std::size_t i = 0; i < count; ++i)
    if (!need(targets[i].target.get(), targets[i].capabilities)) return false;
  return need(leash, set_of(capability::cancel));
}

bool local_proof::need(object* target, capability_set what) noexcept {
  if (target == nullptr || what == 0) return true;
  for (std::size_t i = 0; i < ability_count_; ++i)
    if (abilities_[i].target == target && (abilities_[i].what & what) == what) return true;
  if (ability_count_ == most_abilities) return leave_undecided();
  const std::uint32_t generation = target->generation.load(std::memory_order_acquire);
  const std::uint32_t versions = versions_of(*target, what);
  object* const parent = target->parent.load(std::memory_order_acquire);
  if ((target->outside.load(std::memory_order_acquire) & what) != 0) return false;
  abilities_[ability_count_++] = {target, what, versions, generation, parent};
  return (what & set_of(capability::cancel)) == 0 || need(parent, set_of(capability::cancel));
}

bool local_proof::look_for_able(const ability& sought) noexcept {
  object& target = *sought.target;
  const std::lock_guard guard(target.handle_lock);
  std::size_t handles = 0;
  for (const handle* each = handle::first_of(target); each != nullptr; each = each->next()) {
    if (++handles > most_handles) return leave_undecided();
    if ((each->capabilities() & sought.what) == 0) continue;
    const block_header* header = in_arena(each) ? find_block(each) : nullptr;
    if (header == nullptr || !add_block(*header)) return false;
  }
  return true;
}

// While a handle is listed in it, and can therefore not go.
bool local_proof::add_block(const block_header& header) noexcept {
  for (std::size_t i = 0; i < block_count_; ++i)
    if (blocks_[i].header == &header) return true;
  if (block_count_ == most_blocks) return leave_undecided();
  const std::uint32_t version = header.version.load(std::memory_order_acquire);
  if (is_open_to_all(header)) return false;
  if (may_be_borrowed(header)) return leave_undecided();
  const block_kind kind = header.kind.load(std::memory_order_acquire);
  void* const owner = header.owner.load(std::memory_order_acquire);
  if (owner == nullptr || kind == block_kind::free) return false;
  blocks_[block_count_++] = {&header, version, kind, owner};
  return true;
}

bool local_proof::follow(const block& found) noexcept {
  switch (found.kind) {
    case block_kind::frame:
    case block_kind::closure:
      return add(*static_cast<goroutine*>(found.owner));
    case block_kind::buffer:
    case block_kind::traced:
      return need(static_cast<object*>(found.owner), access_to(found.kind));
    case block_kind::own:
    case block_kind::free:
      break;
  }
  return false;
}

bool local_proof::is_still_so() const noexcept {
  if (mutated(rule::local_proof_reads_again)) return true;
  for (const proven_goroutine& each : *this)
    if (each.record->word.load(std::memory_order_seq_cst) != each.word) return false;
  for (std::size_t i = 0; i < ability_count_; ++i) {
    const ability& each = abilities_[i];
    if (!is_unchanged(*each.target, each.what, each.versions, each.generation, each.parent))
      return false;
  }
  return std::all_of(blocks_.begin(), blocks_.begin() + static_cast<std::ptrdiff_t>(block_count_),
                     [](const block& each) {
                       return each.header->version.load(std::memory_order_acquire) ==
                                  each.version &&
                              !is_open_to_all(*each.header) && !may_be_borrowed(*each.header);
                     });
}

}  // namespace leash::detail
