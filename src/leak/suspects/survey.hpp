#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <source_location>
#include <tuple>
#include <utility>
#include <vector>

#include <leash/suspects.hpp>

#include "leak/proof/proven_goroutine.hpp"
#include "leak/suspects/site_history.hpp"
#include "leak/suspects/starters.hpp"
#include "leak/why/condition.hpp"
#include "leak/why/wait_view.hpp"

// One look at all goroutines for what is suspicious.

namespace leash::detail {

// What speaks against a goroutine; the first that holds counts.
enum class finding : std::uint8_t {
  started_by_gone,  // only time ends its wait, and the function that started it has returned
  lives_long,       // only time ends its wait, and it has lived for long
  grows,
  outside,
  leash_only,
  long_wait,
  nothing,  // but that it may be one of more and more
};

// Those with one finding that were started at one place and are suspended alike.
struct finding_group {
  std::size_t count = 0;
  std::uint64_t id = 0;
  std::source_location created_at;
  std::vector<std::source_location> stack;
  wait_reason reason = wait_reason::running;
  std::chrono::nanoseconds age{};
  std::chrono::nanoseconds since{};
  site_history::growth growth;

  void add(const finding_group& more);
};

class survey {
 public:
  explicit survey(const suspect_options& options);

  using groups = std::map<std::pair<finding, std::vector<std::uintptr_t>>, finding_group>;
  const groups& look();

 private:
  // Those that only time wakes, started by one and suspended alike: what they are found to be depends on who started them.
  // With what they are found to be otherwise.
  using pending = std::tuple<start, const std::vector<std::uintptr_t>*, finding>;

  void judge(const wait_view& seen);
  void add(finding what, const wait_view& seen, const std::vector<std::uintptr_t>& key);
  void judge_pending();
  void mark_growing();

  const suspect_options options_;
  const std::vector<proven_goroutine> proven_;
  able_finder finder_;
  site_counts sites_;
  starters starters_;
  std::map<std::vector<std::uintptr_t>, std::vector<std::source_location>> stacks_;
  std::map<pending, finding_group> pending_;
  groups groups_;
};

}  // namespace leash::detail
