#pragma once

#include <cstddef>
#include <cstdint>

#include <leash/detail/base/arena.hpp>
#include <leash/detail/base/mutation.hpp>
#include <leash/detail/base/object.hpp>
#include <leash/detail/sched/goroutine.hpp>

// How a proof reads what others may change meanwhile. All loads acquire: what they belong to (a word, a version) is read
// once more afterwards.

namespace leash::detail {

// Whether its wait ends only by what handles can do. Not: a timer, I/O, a plain thread's wait, and what a tool inside
// the program does. Read between two readings of the word, as are the next two.
inline bool may_be_proven(const goroutine& record) noexcept {
  return (!record.external.load(std::memory_order_acquire) || mutated(rule::external_is_live)) &&
         record.home.load(std::memory_order_acquire) != nullptr &&
         !is_hidden(record.id.load(std::memory_order_acquire));
}

// Calls found(wait_target) for what would end the wait, until it gives false; returns whether it never did.
template <class Found>
bool read_targets(const goroutine& record, Found found) {
  std::size_t left = record.target_count.load(std::memory_order_acquire);
  const auto read = [&](const auto& places) {
    for (const published_target& place : places) {
      if (left == 0) break;
      --left;
      const wait_target each{hidden_pointer(place.target.load(std::memory_order_acquire)),
                             place.capabilities.load(std::memory_order_acquire)};
      if (each.target && !found(each)) return false;
    }
    return true;
  };
  if (!read(record.targets)) return false;
  for (const more_targets* more = record.more.load(std::memory_order_acquire);
       more != nullptr && left != 0; more = more->next.load(std::memory_order_acquire))
    if (!read(more->targets)) return false;
  return true;
}

// The context whose end unwinds it; null when none does, as under a shield.
inline object* waking_leash_of(const goroutine& record) noexcept {
  if (record.shields.load(std::memory_order_acquire) != 0 && !mutated(rule::shield_hides_leash))
    return nullptr;
  return record.leash.load(std::memory_order_acquire);
}

// The sum of what only grows: while it is the same, no handle that can do one of these was made or moved.
inline std::uint32_t versions_of(const object& target, capability_set what) noexcept {
  std::uint32_t sum = 0;
  for (capability_set rest = what; rest != 0; rest &= rest - 1)
    sum += target.versions[static_cast<std::size_t>(__builtin_ctz(rest))].load(
        std::memory_order_acquire);
  return sum;
}

// The second reading of an object.
inline bool is_unchanged(const object& target, capability_set what, std::uint32_t versions,
                         std::uint32_t generation, const object* parent) noexcept {
  return (versions_of(target, what) == versions || mutated(rule::versions_read_again)) &&
         (target.generation.load(std::memory_order_acquire) == generation ||
          mutated(rule::generation_read_again)) &&
         target.parent.load(std::memory_order_acquire) == parent &&
         (target.outside.load(std::memory_order_acquire) & what) == 0;
}

// What one has to be able to do to an object to get at what lies in its blocks: receive a channel's values, use what is
// traced.
constexpr capability_set access_to(block_kind kind) noexcept {
  return set_of(kind == block_kind::buffer ? capability::receive : capability::use);
}

}  // namespace leash::detail
