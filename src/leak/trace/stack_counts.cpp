#include "leak/trace/stack_counts.hpp"

#include <algorithm>

#include "leak/trace/place.hpp"

namespace leash::detail {
namespace {

std::size_t hash_of(const goroutine_trace& trace) noexcept {
  std::uint64_t mixed = trace.elided;
  for (const std::source_location& place : trace.stack)
    mixed = (mixed ^ address_of(place)) * 0x9e3779b97f4a7c15U;
  return static_cast<std::size_t>(mixed ^ (mixed >> 32));
}

bool alike(std::span<const std::source_location> a,
           std::span<const std::source_location> b) noexcept {
  return std::ranges::equal(a, b, {}, address_of, address_of);
}

}  // namespace

void stack_counts::add(const goroutine_trace& trace) {
  ++total_;
  const std::size_t hash = hash_of(trace);
  for (auto [at, end] = by_hash_.equal_range(hash); at != end; ++at) {
    entry& known = entries_[at->second];
    if (known.elided == trace.elided && alike(stack_of(known), trace.stack)) {
      ++known.count;
      return;
    }
  }
  by_hash_.emplace(hash, entries_.size());
  entries_.push_back({1, places_.size(), trace.stack.size(), trace.elided});
  places_.insert(places_.end(), trace.stack.begin(), trace.stack.end());
}

std::vector<stack_counts::entry> stack_counts::sorted() const {
  std::vector<entry> all = entries_;
  std::ranges::sort(all, [this](const entry& a, const entry& b) {
    if (a.count != b.count) return a.count > b.count;
    return std::ranges::lexicographical_compare(stack_of(a), stack_of(b), {}, address_of,
                                                address_of);
  });
  return all;
}

}  // namespace leash::detail
