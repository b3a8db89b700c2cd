#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <source_location>
#include <string>
#include <vector>

#include <leash/trace.hpp>

namespace leash::detail {

// Goroutines that were started at the same place and wait alike: how many, and one of them. Its memory grows with
// the number of such groups, not with that of goroutines.
class trace_groups {
 public:
  class group {
   public:
    std::size_t count = 0;
    // The first that was added; its stack is this group's.
    const goroutine_trace& example() const noexcept { return example_; }

   private:
    friend class trace_groups;
    goroutine_trace example_;
    std::vector<std::source_location> stack_;
  };

  // Adds what the cursor goes through.
  void add_all(goroutine_cursor cursor);
  void add(const goroutine_trace& seen);

  std::size_t total() const noexcept { return total_; }
  bool empty() const noexcept { return total_ == 0; }
  // The most first, then as they were added. Valid until more is added.
  std::vector<const group*> sorted() const;

 private:
  using key = std::vector<std::uintptr_t>;

  std::map<key, std::size_t> numbers_;
  std::vector<group> groups_;
  key sought_;
  std::size_t total_ = 0;
};

// How many, one of them as Go's debug=2 shows it, and what to do about it.
void append_group(std::string& into, const trace_groups::group& shown);

}  // namespace leash::detail
