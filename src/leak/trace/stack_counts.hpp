#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <source_location>
#include <span>
#include <unordered_map>
#include <vector>

#include <leash/trace.hpp>

namespace leash::detail {

// How many goroutines stand alike: the same stack, place for place. Keeps every stack that differs once.
class stack_counts {
 public:
  struct entry {
    std::uint64_t count = 0;
    std::size_t first = 0;  // of its places
    std::size_t length = 0;
    std::size_t elided = 0;
  };

  void add(const goroutine_trace& trace);

  std::uint64_t total() const noexcept { return total_; }
  // The most first; what is equally many, by its addresses.
  std::vector<entry> sorted() const;
  std::span<const std::source_location> stack_of(const entry& counted) const noexcept {
    return std::span(places_).subspan(counted.first, counted.length);
  }

 private:
  std::vector<entry> entries_;
  std::vector<std::source_location> places_;
  std::unordered_multimap<std::size_t, std::size_t> by_hash_;
  std::uint64_t total_ = 0;
};

}  // namespace leash::detail
