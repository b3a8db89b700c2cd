#pragma once

#include <mutex>
#include <set>

#include <leash/channel.hpp>
#include <leash/detail/base/handle.hpp>

// Where handles are and who can use them, read as a proof of a leak reads it.

namespace leash::testing {

inline std::set<const detail::handle*> handles_of(detail::object& owner) {
  const std::lock_guard guard(owner.handle_lock);
  std::set<const detail::handle*> all;
  for (const detail::handle* each = detail::handle::first_of(owner); each != nullptr;
       each = each->next())
    all.insert(each);
  return all;
}

inline detail::object& core_of(const detail::channel_handle& named) {
  return *detail::channel_access::target(named);
}

// Whether `handle` is a part of what lies at `place`.
template <class T>
bool lies_in(const detail::handle* handle, const T& place) {
  const auto* begin = reinterpret_cast<const std::byte*>(&place);
  const auto* at = reinterpret_cast<const std::byte*>(handle);
  return at >= begin && at < begin + sizeof place;
}

// A handle of `owner` is listed inside `place`.
template <class T>
bool is_listed_in(const T& place, detail::object& owner) {
  for (const detail::handle* each : handles_of(owner))
    if (lies_in(each, place)) return true;
  return false;
}

// The frames, closures and buffers from which the handles of an object are reached, through any number of
// traced blocks. A null among them: something outside.
inline void add_reach(std::set<const detail::block_header*>& found,
                      std::set<const detail::object*>& seen, detail::object& owner) {
  if (!seen.insert(&owner).second) return;
  for (const detail::handle* each : handles_of(owner)) {
    const detail::block_header* block = detail::find_block(each);
    if (block != nullptr && block->kind == detail::block_kind::traced)
      add_reach(found, seen, *static_cast<detail::object*>(block->owner.load()));
    else
      found.insert(block);
  }
}
inline std::set<const detail::block_header*> reach_of(detail::object& owner) {
  std::set<const detail::block_header*> found;
  std::set<const detail::object*> seen;
  add_reach(found, seen, owner);
  return found;
}

inline const detail::block_header* block_of(const void* place) { return detail::find_block(place); }

}  // namespace leash::testing
