#include "leak/why/able_places.hpp"

#include <algorithm>
#include <array>
#include <mutex>

#include <leash/detail/base/exposure.hpp>
#include <leash/detail/base/handle_walk.hpp>

#include "leak/proof/readings.hpp"

namespace leash::detail {
namespace {

struct context_above {
  seen_object parent;
  bool outside = false;
};

// Under its lock, for a parent is pinned by a child that is alive.
context_above look_above(const seen_object& context) {
  object& read = *context.target;
  const std::lock_guard guard(read.lock);
  if (!read.alive || read.generation.load(std::memory_order_relaxed) != context.generation)
    return {};
  context_above above;
  above.outside = (read.outside.load(std::memory_order_acquire) & context.what) != 0;
  if (object* parent = read.parent.load(std::memory_order_acquire))
    above.parent = {hidden_pointer(parent), context.what,
                    parent->generation.load(std::memory_order_acquire)};
  return above;
}

// A set that is mostly small. Whether it is new.
template <class Value>
bool add_once(std::vector<Value>& sorted, const Value& value) {
  const auto at = std::lower_bound(sorted.begin(), sorted.end(), value);
  if (at != sorted.end() && *at == value) return false;
  sorted.insert(at, value);
  return true;
}

// It cannot do it before somebody else has. Relaxed: a hint, for people.
bool waits_for_the_same(const goroutine& able, const seen_object& sought) noexcept {
  const wait_state state = state_of(able.word.load(std::memory_order_acquire));
  return state == wait_state::waiting && !able.external.load(std::memory_order_relaxed) &&
         able.target_count.load(std::memory_order_relaxed) == 1 &&
         able.targets[0].target.load(std::memory_order_relaxed) == sought.target.get() &&
         able.targets[0].capabilities.load(std::memory_order_relaxed) == sought.what;
}

}  // namespace

std::span<const borrow_index::entry> borrow_index::borrowers_of(const block_header& block) {
  if (!is_read_) read_all();
  const auto found = std::ranges::equal_range(entries_, static_cast<const void*>(&block),
                                              std::less<>(), &entry::block);
  return {found.begin(), found.end()};
}

void borrow_index::read_all() {
  auto& records = goroutine_pool::instance();
  const std::uint32_t end = records.size();
  for (std::uint32_t i = 0; i < end; ++i) {
    goroutine& record = records[i];
    const std::uint64_t id = record.id.load(std::memory_order_acquire);
    for (const borrow_edge* edge = record.borrows.load(std::memory_order_acquire); edge != nullptr;
         edge = edge->next.load(std::memory_order_acquire))
      entries_.push_back({edge->block.load(std::memory_order_acquire), &record, id});
  }
  std::ranges::sort(entries_, std::less<>(), &entry::block);
  is_read_ = true;
}

bool able_finder::is_proven(const goroutine& record) const noexcept {
  const proven_goroutine* at = find_proven(proven_, &record);
  return at != nullptr && record.word.load(std::memory_order_acquire) == at->word;
}

bool able_finder::is_proven(const wait_view& seen) const noexcept {
  const proven_goroutine* at = find_proven(proven_, seen.record);
  return at != nullptr && seen.word == at->word;
}

// While the handle is listed.
able_finder::seen_handle able_finder::look_at(const void* place) noexcept {
  const block_header* block = in_arena(place) ? find_block(place) : nullptr;
  if (block == nullptr) return {};
  seen_handle seen{};
  seen.block = block;
  seen.open = is_open_to_all(*block);
  seen.borrowed = is_borrowed(*block);
  seen.kind = block->kind.load(std::memory_order_acquire);
  seen.owner = block->owner.load(std::memory_order_acquire);
  if (seen.owner == nullptr) return seen;
  if (seen.kind == block_kind::frame || seen.kind == block_kind::closure)
    seen.id = static_cast<const goroutine*>(seen.owner)->id.load(std::memory_order_acquire);
  else
    seen.generation =
        static_cast<const object*>(seen.owner)->generation.load(std::memory_order_acquire);
  return seen;
}

void able_finder::note(able_place found, able_places& into) const {
  if (found.record != nullptr) found.proven = is_proven(*found.record);
  if (!found.proven) into.kinds |= bit_of(found.kind);
  if (!add_once(into.known, found)) return;
  std::vector<able_place>& kept = found.proven ? into.proven : into.live;
  if (kept.size() < able_places::most)
    kept.push_back(found);
  else
    ++(found.proven ? into.more_proven : into.more_live);
}

void able_finder::place(const wait_view& waiter, const seen_object& sought, const seen_handle& seen,
                        place_way way, able_places& into) {
  if (seen.block == nullptr) return note({place_kind::outside, way}, into);
  const bool of_goroutine = seen.kind == block_kind::frame || seen.kind == block_kind::closure;
  if (seen.borrowed)
    for (const borrow_index::entry& each : borrows_.borrowers_of(*seen.block))
      if (each.record != waiter.record)
        note({place_kind::borrower, way, each.record, each.id}, into);
  auto* const owner = of_goroutine ? static_cast<goroutine*>(seen.owner) : nullptr;
  if (seen.open) return note({place_kind::lent, way, owner, seen.id}, into);
  if (seen.owner == nullptr || seen.kind == block_kind::free)
    return note({place_kind::unowned, way}, into);
  if (of_goroutine) {
    if (owner == waiter.record)
      into.self = true;
    else if (way == place_way::direct && !is_proven(*owner) && waits_for_the_same(*owner, sought))
      add_once(into.peers, seen.id);
    else
      note({place_kind::goroutine, way, owner, seen.id}, into);
    return;
  }
  const bool in_buffer = seen.kind == block_kind::buffer;
  const seen_object holder{hidden_pointer(static_cast<object*>(seen.owner)), access_to(seen.kind),
                           seen.generation};
  if (way != place_way::direct)
    return note({in_buffer ? place_kind::buffer : place_kind::traced, way}, into);
  able_places behind;
  add_way(waiter, holder, thorough, in_buffer ? place_way::by_buffer : place_way::by_traced,
          behind);
  into.self |= behind.self;
  into.without_handle |= behind.without_handle;
  for (const able_place& each : behind.known) note(each, into);
}

void able_finder::add_way(const wait_view& waiter, const seen_object& sought, std::size_t handles,
                          place_way way, able_places& into) {
  if ((sought.target->outside.load(std::memory_order_acquire) & sought.what) != 0)
    into.without_handle = true;
  std::array<seen_handle, handle_walk::batch> seen;
  handle_walk walk(*sought.target);
  for (bool more = true; more;) {
    std::size_t count = 0;
    std::size_t visited = 0;
    more = walk.next_batch([&](const handle& each) noexcept {
      if ((each.capabilities() & sought.what) != 0) seen[count++] = look_at(&each);
      return ++visited < handles;
    });
    // What is in a slot now may be another object, of which nothing is to be told.
    if (sought.target->generation.load(std::memory_order_acquire) != sought.generation) return;
    for (std::size_t i = 0; i < count; ++i) place(waiter, sought, seen[i], way, into);
    if (visited >= handles) {
      into.incomplete = true;
      return;
    }
    handles -= visited;
  }
}

void able_finder::add(const wait_view& waiter, const seen_object& sought, std::size_t handles,
                      able_places& into) {
  if ((sought.what & set_of(capability::cancel)) != 0)
    add_cancelers(waiter, sought, handles, into);
  else
    add_way(waiter, sought, handles, place_way::direct, into);
}

void able_finder::add_cancelers(const wait_view& waiter, const seen_object& context,
                                std::size_t handles, able_places& into) {
  for (seen_object each = context; each.target;) {
    const context_above above = look_above(each);
    into.without_handle |= above.outside;
    add_way(waiter, each, handles, place_way::direct, into);
    each = above.parent;
  }
}

}  // namespace leash::detail
