#include "leak/proof/prover.hpp"

#include <algorithm>

#include <leash/detail/base/exposure.hpp>
#include <leash/detail/base/mutation.hpp>

#include "leak/proof/readings.hpp"

namespace leash::detail {
namespace {

bool is_live_anyway(const block_header& block) noexcept {
  return is_open_to_all(block) && !mutated(rule::open_is_live);
}

}  // namespace

const std::vector<proven_goroutine>& prover::prove() {
  clear();
  auto& records = goroutine_pool::instance();
  const std::uint32_t end = records.size();
  candidate_of_.assign(end, 0);
  make_room();
  for (std::uint32_t i = 0; i < end; ++i) read_goroutine(records[i]);
  tell(reading::goroutines);
  // Grows while it is gone through: one ability leads to the next.
  for (std::uint32_t i = 0; i < abilities_.size(); ++i) {
    read_ability(i);
    tell(reading::ability);
  }
  read_borrows();
  tell(reading::borrows);
  graph_.spread();
  read_again();
  graph_.spread();
  for (const candidate& each : candidates_)
    if (!graph_.is_live(each.self)) proven_.push_back({each.record, each.word});
  effort_.goroutines = candidates_.size();
  effort_.abilities = abilities_.size();
  effort_.blocks = blocks_.entries().size();
  effort_.edges = graph_.edges();
  return proven_;
}

void prover::clear() {
  auto& objects = object_pool::instance();
  for (const ability& each : abilities_) first_ability_[objects.index_of(each.target)] = 0;
  abilities_.clear();
  candidates_.clear();
  proven_.clear();
  blocks_.clear();
  graph_.clear();
  effort_ = {};
}

// For what most goroutines that wait have: an object to wait for, a handle to it, a closure or a frame that has that. To
// grow step by step would take several times as long.
void prover::make_room() {
  auto& records = goroutine_pool::instance();
  const std::uint32_t end = records.size();
  std::size_t waiting = 0;
  for (std::uint32_t i = 0; i < end; ++i)
    waiting += state_of(records[i].word.load(std::memory_order_relaxed)) == wait_state::waiting;
  candidates_.reserve(waiting);
  const std::size_t objects = std::min<std::size_t>(waiting, object_pool::instance().size());
  abilities_.reserve(objects + objects / 8);
  first_ability_.resize(object_pool::instance().size(), 0);
  blocks_.reserve(waiting + waiting / 8);
  graph_.reserve(3 * waiting, 3 * waiting + waiting / 4);
}

// Those that do not wait are live, as those are that wait for something without a handle; they have no node.
void prover::read_goroutine(goroutine& record) {
  const std::uint64_t word = record.word.load(std::memory_order_acquire);
  if (state_of(word) != wait_state::waiting) return;
  targets_.clear();
  const bool is_candidate = may_be_proven(record);
  read_targets(record, [this](const wait_target& each) {
    targets_.push_back(each);
    return true;
  });
  object* const leash = waking_leash_of(record);
  if (!is_candidate || record.word.load(std::memory_order_relaxed) != word) return;
  const node self = graph_.add();
  candidates_.push_back({&record, word, self});
  candidate_of_[goroutine_pool::instance().index_of(&record)] =
      static_cast<std::uint32_t>(candidates_.size());
  for (const wait_target& each : targets_) depend(self, *each.target, each.capabilities);
  if (leash != nullptr) depend(self, *leash, set_of(capability::cancel));
}

void prover::depend(node waiter, object& target, capability_set what) {
  graph_.connect(abilities_[ability_to(target, what)].self, waiter);
}

std::uint32_t prover::ability_to(object& target, capability_set what) {
  auto& objects = object_pool::instance();
  const std::uint32_t index = objects.index_of(&target);
  if (index >= first_ability_.size()) first_ability_.resize(objects.size(), 0);
  for (std::uint32_t at = first_ability_[index]; at != 0; at = abilities_[at - 1].next)
    if (abilities_[at - 1].what == what) return at - 1;
  abilities_.push_back(
      {.target = &target, .what = what, .next = first_ability_[index], .self = graph_.add()});
  first_ability_[index] = static_cast<std::uint32_t>(abilities_.size());
  return first_ability_[index] - 1;
}

void prover::read_ability(std::uint32_t which) {
  ability& read = abilities_[which];
  const object& target = *read.target;
  read.generation = target.generation.load(std::memory_order_acquire);
  read.versions = versions_of(target, read.what);
  object* parent = target.parent.load(std::memory_order_acquire);
  read.parent = parent;
  if ((target.outside.load(std::memory_order_acquire) & read.what) != 0)
    return graph_.make_live(read.self);
  const node self = read.self;
  if (parent != nullptr && (read.what & set_of(capability::cancel)) != 0 &&
      !mutated(rule::parent_cancels))
    graph_.connect(abilities_[ability_to(*parent, set_of(capability::cancel))].self, self);
  read_handles(which);
}

// Under the lock of the list a handle is where it is, and so is its block: what has to be known of that is read then, and
// made use of later, when nobody waits for it.
void prover::read_handles(std::uint32_t which) {
  const ability read = abilities_[which];
  handle_walk walk(*read.target);
  for (bool more = true; more && !graph_.is_live(read.self);) {
    std::size_t count = 0;
    bool outside = false;
    more = walk.next_batch([&](const handle& each) noexcept {
      if ((each.capabilities() & read.what) == 0) return true;
      const block_header* block = in_arena(&each) ? find_block(&each) : nullptr;
      outside = block == nullptr;
      if (!outside) seen_[count++] = look_at(*block);
      return !outside;
    });
    if (outside) graph_.make_live(read.self);
    for (std::size_t i = 0; i < count && !graph_.is_live(read.self); ++i)
      graph_.connect(node_of(seen_[i]), read.self);
  }
  effort_.handles += walk.visited();
}

prover::seen_block prover::look_at(const block_header& block) noexcept {
  const std::uint32_t version = block.version.load(std::memory_order_acquire);
  const bool open = is_live_anyway(block);
  const block_kind kind = block.kind.load(std::memory_order_acquire);
  return {&block, version, kind, block.owner.load(std::memory_order_acquire), open};
}

live_graph::node prover::node_of(const seen_block& seen) {
  if (const block_table::entry* known = blocks_.find(seen.block)) return known->node;
  const node self = graph_.add();
  blocks_.add({seen.block, seen.version, self});
  place(seen, self);
  return self;
}

void prover::place(const seen_block& seen, node self) {
  if (seen.open || seen.owner == nullptr || seen.kind == block_kind::free)
    return graph_.make_live(self);
  if (seen.kind == block_kind::buffer && mutated(rule::buffer_gives)) return;
  if (seen.kind == block_kind::traced && mutated(rule::traced_gives)) return;
  if (seen.kind == block_kind::buffer || seen.kind == block_kind::traced) {
    auto& owner = *static_cast<object*>(seen.owner);
    return graph_.connect(abilities_[ability_to(owner, access_to(seen.kind))].self, self);
  }
  const std::uint32_t record =
      goroutine_pool::instance().index_of(static_cast<goroutine*>(seen.owner));
  const std::uint32_t number = record < candidate_of_.size() ? candidate_of_[record] : 0;
  if (number == 0)
    graph_.make_live(self);
  else
    graph_.connect(candidates_[number - 1].self, self);
}

// Of every record, whatever its word says: one that is about to begin has its borrows already.
void prover::read_borrows() {
  auto& records = goroutine_pool::instance();
  const std::uint32_t end = mutated(rule::newcomers_borrow)
                                ? static_cast<std::uint32_t>(candidate_of_.size())
                                : records.size();
  for (std::uint32_t i = 0; i < end; ++i) {
    const std::uint32_t number = i < candidate_of_.size() ? candidate_of_[i] : 0;
    for (const borrow_edge* edge = records[i].borrows.load(std::memory_order_acquire);
         edge != nullptr; edge = edge->next.load(std::memory_order_acquire)) {
      const auto* block =
          static_cast<const block_header*>(edge->block.load(std::memory_order_acquire));
      const block_table::entry* known = blocks_.find(block);
      if (known == nullptr) continue;
      if (number == 0 && mutated(rule::live_borrowers_count)) continue;
      if (number == 0)
        graph_.make_live(known->node);
      else
        graph_.connect(candidates_[number - 1].self, known->node);
    }
  }
}

void prover::read_again() {
  for (const candidate& each : candidates_)
    if (!graph_.is_live(each.self) && !mutated(rule::words_read_again) &&
        each.record->word.load(std::memory_order_seq_cst) != each.word)
      graph_.make_live(each.self);
  for (const ability& each : abilities_) {
    if (graph_.is_live(each.self)) continue;
    if (!is_unchanged(*each.target, each.what, each.versions, each.generation, each.parent))
      graph_.make_live(each.self);
  }
  for (const block_table::entry& each : blocks_.entries()) {
    if (graph_.is_live(each.node) || mutated(rule::blocks_read_again)) continue;
    if (each.block->version.load(std::memory_order_acquire) != each.version ||
        is_live_anyway(*each.block))
      graph_.make_live(each.node);
  }
}

}  // namespace leash::detail
