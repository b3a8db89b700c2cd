#include "leak/suspects/site_history.hpp"

#include <algorithm>
#include <functional>
#include <mutex>

namespace leash::detail {
namespace {

struct shared_history {
  std::mutex lock;
  site_history sites;  // guarded by the lock
};

shared_history& history() {
  static auto& all = *new shared_history;
  return all;
}

bool is_among(std::span<const proven_goroutine> proven, const goroutine& record,
              std::uint64_t word) noexcept {
  const proven_goroutine* at = find_proven(proven, &record);
  return at != nullptr && at->word == word;
}

}  // namespace

void site_history::look(const site_counts& seen) {
  std::erase_if(sites_, [&seen](const auto& each) { return !seen.contains(each.first); });
  for (const auto& [which, count] : seen) {
    if (sites_.size() == most_sites && !sites_.contains(which)) continue;
    past& known = sites_[which];
    std::shift_right(known.counts.begin(), known.counts.end(), 1);
    known.counts.front() = count;
    known.known = std::min(known.known + 1, known.counts.size());
  }
}

site_history::growth site_history::growth_of(const site& which) const {
  const auto at = sites_.find(which);
  if (at == sites_.end()) return {};
  const auto& counts = at->second.counts;
  const bool always = at->second.known == counts.size() &&
                      std::ranges::adjacent_find(counts, std::less_equal<>()) == counts.end();
  return {counts.back(), counts.front(), always && counts.front() - counts.back() >= least_growth};
}

void note_sites(std::span<const proven_goroutine> proven) {
  site_counts seen;
  auto& records = goroutine_pool::instance();
  const std::uint32_t end = records.size();
  for (std::uint32_t i = 0; i < end; ++i) {
    const goroutine& each = records[i];
    const std::uint64_t word = each.word.load(std::memory_order_acquire);
    if (state_of(word) != wait_state::waiting || is_among(proven, each, word)) continue;
    const site where = site_of(each.created_at.load(std::memory_order_acquire),
                               each.reason.load(std::memory_order_acquire));
    const bool counts = each.home.load(std::memory_order_acquire) != nullptr &&
                        !is_hidden(each.id.load(std::memory_order_acquire));
    // Relaxed: what was read since was read with acquire order.
    if (counts && each.word.load(std::memory_order_relaxed) == word) ++seen[where];
  }
  note_sites(seen);
}

std::map<site, site_history::growth> note_sites(const site_counts& seen) {
  shared_history& all = history();
  const std::lock_guard guard(all.lock);
  all.sites.look(seen);
  std::map<site, site_history::growth> grown;
  for (const auto& [which, count] : seen) grown[which] = all.sites.growth_of(which);
  return grown;
}

}  // namespace leash::detail
