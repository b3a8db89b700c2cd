#pragma once

#include <compare>
#include <cstdint>
#include <map>

#include "leak/why/wait_view.hpp"

namespace leash::detail {

// Who started a goroutine, and where.
struct start {
  const scheduler* home = nullptr;
  std::uint64_t creator = 0;
  std::uintptr_t created_at = 0;
  auto operator<=>(const start&) const noexcept = default;
};

// Which functions that started goroutines have returned since: those that are on no goroutine's stack at which they were.
class starters {
 public:
  void add(const wait_view& started);
  // Looks at all goroutines once, after everybody was added.
  void look();
  // False also when that cannot be seen: on a plain thread, of a goroutine that runs at that moment, in a very deep stack.
  bool has_returned(const start& which) const;

 private:
  struct place {
    std::source_location created_at;
    bool seen = false;
  };
  std::map<start, place> all_;
};

start start_of(const wait_view& started) noexcept;

}  // namespace leash::detail
