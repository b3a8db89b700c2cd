#include <leash/why.hpp>

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "leak/proof/prove_all.hpp"
#include "leak/trace/place.hpp"
#include "leak/why/able_places.hpp"
#include "leak/why/condition.hpp"
#include "leak/why/wait_view.hpp"

namespace leash {
namespace {

// Those that stand alike. What is told of is one of them, read anew, for it may have gone on.
struct alike {
  std::size_t count = 0;
  std::vector<std::pair<detail::goroutine*, std::uint64_t>> some;  // a few, with their ids
};

}  // namespace

std::string why(std::uint64_t id) {
  auto& records = detail::goroutine_pool::instance();
  const std::vector<detail::proven_goroutine> proven = detail::prove_all();
  detail::able_finder finder(proven);
  const auto seen = std::make_unique<detail::wait_view>();
  std::string all;
  const std::uint32_t end = records.size();
  for (std::uint32_t i = 0; i < end; ++i)
    if (records[i].id.load(std::memory_order_acquire) == id &&
        detail::read_wait(records[i], *seen) && seen->id == id)
      all += detail::condition_text(finder, *seen);
  return all;
}

struct why_text::state {
  static constexpr std::size_t most_examples = 4;

  void count() {
    constexpr int at_once = 256;
    auto& records = detail::goroutine_pool::instance();
    if (end == 0) {
      end = records.size();
      proven = detail::prove_all();
      finder = std::make_unique<detail::able_finder>(proven);
    }
    for (int i = 0; i < at_once && next != end; ++i, ++next)
      if (detail::read_wait(records[next], *seen)) add(*seen);
    if (next == end) sort();
  }

  void add(const detail::wait_view& each) {
    std::vector<std::uint64_t> key = detail::shape_of(*finder, each);
    key.push_back(detail::address_of(each.created_at));
    for (const std::source_location& place : each.stack()) key.push_back(detail::address_of(place));
    alike& group = groups[std::move(key)];
    if (++group.count <= most_examples) group.some.emplace_back(each.record, each.id);
  }

  void sort() {
    for (const auto& [key, group] : groups) sorted.push_back(&group);
    std::ranges::sort(sorted, [](const alike* a, const alike* b) {
      return std::pair(b->count, a->some.front().second) <
             std::pair(a->count, b->some.front().second);
    });
    counted = true;
  }

  void append(std::string& into, const alike& group) {
    for (const auto& [record, id] : group.some) {
      if (!detail::read_wait(*record, *seen) || seen->id != id) continue;
      if (group.count > 1)
        fmt::format_to(std::back_inserter(into), "{} goroutines as this one:\n", group.count);
      into += detail::condition_text(*finder, *seen);
      into += '\n';
      return;
    }
    // All that were kept have ended meanwhile: there is nobody to tell of.
  }

  bool counted = false;
  std::uint32_t next = 0;
  std::uint32_t end = 0;
  std::vector<detail::proven_goroutine> proven;
  std::unique_ptr<detail::able_finder> finder;
  std::unique_ptr<detail::wait_view> seen = std::make_unique<detail::wait_view>();
  std::map<std::vector<std::uint64_t>, alike> groups;
  std::vector<const alike*> sorted;
  std::size_t told = 0;
};

why_text::why_text() : state_(new state) {}
why_text::why_text(why_text&& other) noexcept = default;
why_text& why_text::operator=(why_text&& other) noexcept = default;
why_text::~why_text() = default;

bool why_text::next(std::string& into) {
  if (!state_->counted) {
    state_->count();
    return true;
  }
  if (state_->told == state_->sorted.size()) return false;
  state_->append(into, *state_->sorted[state_->told++]);
  return true;
}

}  // namespace leash
