#include <leash/detail/leak/census.hpp>

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include <leash/detail/sched/goroutine.hpp>

namespace leash::detail {

// Relaxed throughout: the states are of no one moment anyway, and nothing else is read by them.
goroutine_census count_goroutines() noexcept {
  goroutine_census sum;
  auto& pool = goroutine_pool::instance();
  const std::uint32_t end = pool.size();
  for (std::uint32_t i = 0; i < end; ++i) {
    const goroutine& each = pool[i];
    const wait_state state = state_of(each.word.load(std::memory_order_relaxed));
    if (state == wait_state::dead || each.home.load(std::memory_order_relaxed) == nullptr ||
        is_hidden(each.id.load(std::memory_order_relaxed)))
      continue;
    ++(state == wait_state::active    ? sum.running
       : state == wait_state::waiting ? sum.waiting
                                      : sum.runnable);
  }
  return sum;
}

std::vector<leaked_site> count_leaked_sites(std::size_t most) {
  std::map<std::pair<std::string_view, std::uint_least32_t>, std::size_t> counts;
  auto& pool = goroutine_pool::instance();
  const std::uint32_t end = pool.size();
  for (std::uint32_t i = 0; i < end; ++i) {
    const goroutine& each = pool[i];
    if (each.leak.load(std::memory_order_relaxed) == leak_mark::none) continue;
    // Acquire: while the word is the same, so is the goroutine.
    const std::uint64_t word = each.word.load(std::memory_order_acquire);
    const std::source_location from = each.created_at.load(std::memory_order_acquire);
    if (state_of(word) != wait_state::waiting ||
        each.word.load(std::memory_order_relaxed) != word ||
        is_hidden(each.id.load(std::memory_order_relaxed)))
      continue;
    ++counts[{from.file_name(), from.line()}];
  }
  std::vector<leaked_site> sites;
  sites.reserve(counts.size());
  for (const auto& [place, count] : counts)
    sites.push_back({fmt::format("{}:{}", place.first, place.second), count});
  std::ranges::sort(sites, [](const leaked_site& a, const leaked_site& b) {
    return a.count != b.count ? a.count > b.count : a.created_at < b.created_at;
  });
  if (sites.size() <= most) return sites;
  leaked_site others{"other", 0};
  for (std::size_t i = most; i < sites.size(); ++i) others.count += sites[i].count;
  sites.resize(most);
  sites.push_back(std::move(others));
  return sites;
}

}  // namespace leash::detail
