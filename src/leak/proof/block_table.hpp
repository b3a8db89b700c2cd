#pragma once

#include <cstddef>
#include <cstdint>

#include <leash/detail/base/arena.hpp>

#include "leak/proof/large_vector.hpp"
#include "leak/proof/live_graph.hpp"

namespace leash::detail {

// The blocks that a proof has come across: open addressing, by the header's address. Its memory is kept from one use
// to the next. Used by one thread.
class block_table {
 public:
  struct entry {
    const block_header* block = nullptr;
    std::uint32_t version = 0;  // before anything else of it was read
    live_graph::node node = 0;
  };

  void clear() noexcept {
    entries_.clear();
    slots_.assign(slots_.size(), 0);
  }

  void reserve(std::size_t blocks) {
    entries_.reserve(blocks);
    std::size_t slots = 1024;
    while (slots < 2 * blocks) slots *= 2;
    if (slots > slots_.size()) resize(slots);
  }

  entry* find(const block_header* block) noexcept {
    if (slots_.empty()) return nullptr;
    for (std::size_t at = slot_of(block);; at = (at + 1) & mask()) {
      if (slots_[at] == 0) return nullptr;
      if (entries_[slots_[at] - 1].block == block) return &entries_[slots_[at] - 1];
    }
  }

  // Requires that it is not there.
  void add(const entry& fresh) {
    if ((entries_.size() + 1) * 2 > slots_.size()) grow();
    entries_.push_back(fresh);
    place(static_cast<std::uint32_t>(entries_.size()));
  }

  const large_vector<entry>& entries() const noexcept { return entries_; }

 private:
  std::size_t mask() const noexcept { return slots_.size() - 1; }
  // Neighbours have slots near each other, for they are mostly looked up one after the other: in a table that is larger than
  // the caches, a slot anywhere takes longer than all else. Chunks of a megabyte are scattered.
  std::size_t slot_of(const block_header* block) const noexcept {
    constexpr std::uint64_t golden = 0x9e3779b97f4a7c15;
    const auto address = reinterpret_cast<std::uintptr_t>(block);
    return static_cast<std::size_t>((address >> 6) + (((address >> 20) * golden) >> 32)) & mask();
  }
  void place(std::uint32_t number) noexcept {
    std::size_t at = slot_of(entries_[number - 1].block);
    while (slots_[at] != 0) at = (at + 1) & mask();
    slots_[at] = number;
  }
  void grow() { resize(slots_.empty() ? 1024 : slots_.size() * 2); }
  void resize(std::size_t slots) {
    slots_.assign(slots, 0);
    for (std::uint32_t number = 1; number <= entries_.size(); ++number) place(number);
  }

  large_vector<entry> entries_;
  large_vector<std::uint32_t> slots_;  // numbers of entries, from 1; 0: free. A power of two
};

}  // namespace leash::detail
