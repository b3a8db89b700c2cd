#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <source_location>
#include <span>
#include <utility>

#include <leash/detail/sched/goroutine.hpp>

#include "leak/proof/proven_goroutine.hpp"
#include "leak/trace/place.hpp"

namespace leash::detail {

// Where a goroutine was started, and why it waits.
struct site {
  std::uintptr_t created_at = 0;
  wait_reason reason = wait_reason::running;
  auto operator<=>(const site&) const noexcept = default;
};
inline site site_of(const std::source_location& created_at, wait_reason reason) noexcept {
  return {address_of(created_at), reason};
}
using site_counts = std::map<site, std::size_t>;

// How many waited at each site when somebody last looked. Used by one thread at a time.
class site_history {
 public:
  static constexpr std::size_t most_sites = 1024;  // what comes later is not followed
  static constexpr std::size_t looks = 3;
  static constexpr std::size_t least_growth = 8;

  struct growth {
    std::size_t from = 0;
    std::size_t to = 0;
    bool grows = false;
  };

  void look(const site_counts& seen);
  growth growth_of(const site& which) const;

 private:
  struct past {
    std::array<std::size_t, looks + 1> counts{};  // the latest first
    std::size_t known = 0;
  };
  std::map<site, past> sites_;
};

// Looks, and keeps what was seen for suspects() to judge. `proven` is in the order of records: they are not counted, for they
// are told of as leaked. Any thread. Throws std::bad_alloc.
void note_sites(std::span<const proven_goroutine> proven);

// The same with what the caller has counted; returns how each of its sites has grown.
std::map<site, site_history::growth> note_sites(const site_counts& seen);

}  // namespace leash::detail
