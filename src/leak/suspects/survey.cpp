#include "leak/suspects/survey.hpp"

#include <algorithm>
#include <memory>

#include "leak/proof/prove_all.hpp"
#include "leak/suspects/judge.hpp"
#include "leak/trace/place.hpp"

namespace leash::detail {
namespace {

std::vector<std::uintptr_t> key_of(const wait_view& seen) {
  std::vector<std::uintptr_t> key{address_of(seen.created_at),
                                  static_cast<std::uintptr_t>(seen.reason)};
  for (const std::source_location& place : seen.stack()) key.push_back(address_of(place));
  return key;
}

finding_group one_of(const wait_view& seen) {
  finding_group one;
  one.count = 1;
  one.id = seen.id;
  one.created_at = seen.created_at;
  one.reason = seen.reason;
  one.age = seen.age;
  one.since = seen.since;
  return one;
}

finding finding_of(held by) noexcept {
  switch (by) {
    case held::by_outside:
      return finding::outside;
    case held::by_leash:
      return finding::leash_only;
    case held::otherwise:
      break;
  }
  return finding::nothing;
}

}  // namespace

void finding_group::add(const finding_group& more) {
  if (count == 0) {
    *this = more;
    return;
  }
  count += more.count;
  age = std::max(age, more.age);
  since = std::max(since, more.since);
}

survey::survey(const suspect_options& options)
    : options_(options), proven_(prove_all()), finder_(proven_) {}

const survey::groups& survey::look() {
  const auto seen = std::make_unique<wait_view>();
  auto& records = goroutine_pool::instance();
  const std::uint32_t end = records.size();
  for (std::uint32_t i = 0; i < end; ++i)
    if (read_wait(records[i], *seen) && seen->stands == standing::waiting &&
        !finder_.is_proven(*seen))
      judge(*seen);
  judge_pending();
  mark_growing();
  return groups_;
}

void survey::judge(const wait_view& seen) {
  ++sites_[site_of(seen.created_at, seen.reason)];
  const std::vector<std::uintptr_t> key = key_of(seen);
  const auto [stack, is_new] = stacks_.try_emplace(key);
  if (is_new) stack->second.assign(seen.stack().begin(), seen.stack().end());
  const ways_out ways = find_ways_out(finder_, seen, able_finder::quick);
  if (waits_for_time_only(seen, ways)) {
    const bool lives_long = seen.age >= options_.long_life;
    if (!lives_long && !has_gone_on(seen)) return add(finding::nothing, seen, key);
    starters_.add(seen);
    pending_[{start_of(seen), &stack->first, lives_long ? finding::lives_long : finding::nothing}]
        .add(one_of(seen));
    return;
  }
  finding found = finding_of(what_holds(seen, ways));
  if (found == finding::nothing && seen.since >= options_.long_wait && should_be_short(seen))
    found = finding::long_wait;
  add(found, seen, key);
}

void survey::add(finding what, const wait_view& seen, const std::vector<std::uintptr_t>& key) {
  groups_[{what, key}].add(one_of(seen));
}

void survey::judge_pending() {
  starters_.look();
  for (const auto& [which, those] : pending_) {
    const auto& [by, key, otherwise] = which;
    groups_[{starters_.has_returned(by) ? finding::started_by_gone : otherwise, *key}].add(those);
  }
}

void survey::mark_growing() {
  const std::map<site, site_history::growth> grown = note_sites(sites_);
  groups marked;
  for (const auto& [key, each] : groups_) {
    const site_history::growth growth = grown.at(site_of(each.created_at, each.reason));
    const bool grows = growth.grows && key.first > finding::grows;
    finding_group& into = marked[{grows ? finding::grows : key.first, key.second}];
    into.add(each);
    into.growth = growth;
  }
  std::erase_if(marked, [](const auto& each) { return each.first.first == finding::nothing; });
  for (auto& [key, each] : marked) each.stack = stacks_.at(key.second);
  groups_ = std::move(marked);
}

}  // namespace leash::detail
