#include "leak/suspects/starters.hpp"

#include <algorithm>
#include <memory>
#include <string_view>

#include "leak/trace/place.hpp"

namespace leash::detail {
namespace {

// Two places in one function: a coroutine's body is one, wherever in it they are.
bool same_function(const std::source_location& a, const std::source_location& b) noexcept {
  return std::string_view(a.function_name()) == b.function_name() &&
         std::string_view(a.file_name()) == b.file_name();
}

bool may_be_in(const wait_view& creator, const std::source_location& place) {
  if (creator.elided || creator.depth == 0) return true;
  return std::ranges::any_of(creator.stack(), [&place](const std::source_location& frame) {
    return same_function(frame, place);
  });
}

}  // namespace

start start_of(const wait_view& started) noexcept {
  return {started.home, started.creator, address_of(started.created_at)};
}

void starters::add(const wait_view& started) {
  all_.try_emplace(start_of(started), place{started.created_at, false});
}

void starters::look() {
  if (all_.empty()) return;
  const auto seen = std::make_unique<wait_view>();
  auto& records = goroutine_pool::instance();
  const std::uint32_t end = records.size();
  for (std::uint32_t i = 0; i < end; ++i) {
    goroutine& record = records[i];
    const scheduler* home = record.home.load(std::memory_order_acquire);
    const std::uint64_t id = record.id.load(std::memory_order_acquire);
    auto at = all_.lower_bound({home, id, 0});
    if (at == all_.end() || at->first.home != home || at->first.creator != id) continue;
    if (!read_wait(record, *seen) || seen->home != home || seen->id != id) continue;
    for (; at != all_.end() && at->first.home == home && at->first.creator == id; ++at)
      at->second.seen |= may_be_in(*seen, at->second.created_at);
  }
}

bool starters::has_returned(const start& which) const {
  const auto at = all_.find(which);
  return which.creator != 0 && at != all_.end() && !at->second.seen;
}

}  // namespace leash::detail
