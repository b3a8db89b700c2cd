#include <leash/suspects.hpp>

#include <algorithm>
#include <iterator>
#include <mutex>
#include <string_view>
#include <tuple>

#include <fmt/format.h>

#include <leash/detail/base/function_name.hpp>

#include "leak/suspects/survey.hpp"
#include "leak/why/words.hpp"

namespace leash {
namespace {

using detail::finding;
using detail::finding_group;
using detail::words_for;

suspicion suspicion_of(finding found) noexcept {
  switch (found) {
    case finding::started_by_gone:
    case finding::lives_long:
      return suspicion::no_exit;
    case finding::grows:
      return suspicion::growing_site;
    case finding::outside:
    case finding::leash_only:
      return suspicion::held_outside;
    case finding::long_wait:
    case finding::nothing:
      break;
  }
  return suspicion::long_wait;
}

constexpr std::string_view give_it_an_end =
    "Start it on a context, go(context, ...), or let its loop select between on_done(context) and "
    "on_timeout(duration).";

std::string text_of_group(finding found, const finding_group& shown) {
  switch (found) {
    case finding::started_by_gone:
      return fmt::format(
          "It waits for time only and nothing can tell it to stop, but {}, which started it, has "
          "returned. {}",
          detail::function_name(shown.created_at.function_name()).view(), give_it_an_end);
    case finding::lives_long:
      return fmt::format(
          "It waits for time only, nothing can tell it to stop, and it has lived for {}. {}",
          words_for(shown.age), give_it_an_end);
    case finding::grows:
      return fmt::format(
          "More and more wait here: from {} to {} in the last {} looks. Perhaps more come than go; "
          "perhaps none of them ever will. Ask leash::why({}) who could end one.",
          shown.growth.from, shown.growth.to, detail::site_history::looks, shown.id);
    case finding::outside:
      return "Only handles in a global, on the heap or on a plain thread can end its wait, and "
             "leash "
             "cannot see who uses those. That is how a service looks that waits for work from a "
             "global queue; if nobody uses the handle any more it is a leak: drop the handle, or "
             "hold it in a traced_ptr or a container with traced_allocator, and it can be proven.";
    case finding::leash_only:
      return "Nobody is left who could give it what it waits for: only the cancel of its context "
             "still ends its wait. If that comes late or never, it is a leak: cancel the context, "
             "or "
             "give it a deadline.";
    case finding::long_wait:
    case finding::nothing:
      break;
  }
  return fmt::format(
      "It has waited for {}, although somebody could end that: it is not proven to be leaked. Ask "
      "leash::why({}) who could; put it on a context with a deadline if that may never happen.",
      words_for(shown.since), shown.id);
}

suspect made_of(finding found, const finding_group& shown) {
  return {.why = suspicion_of(found),
          .count = shown.count,
          .id = shown.id,
          .created_at = shown.created_at,
          .stack = shown.stack,
          .reason = detail::text_of(shown.reason),
          .age = shown.age,
          .since = shown.since,
          .text = text_of_group(found, shown)};
}

}  // namespace

const char* text_of(suspicion why) noexcept {
  switch (why) {
    case suspicion::no_exit:
      return "no exit";
    case suspicion::growing_site:
      return "growing site";
    case suspicion::long_wait:
      return "long wait";
    case suspicion::held_outside:
      break;
  }
  return "held outside";
}

std::vector<suspect> suspects(const suspect_options& options) {
  static std::mutex one_by_one;
  const std::lock_guard guard(one_by_one);
  detail::survey survey(options);
  std::vector<suspect> all;
  for (const auto& [key, each] : survey.look()) all.push_back(made_of(key.first, each));
  std::ranges::sort(all, [](const suspect& a, const suspect& b) {
    return std::tuple(b.count, a.why, std::string_view(a.created_at.file_name()),
                      a.created_at.line(),
                      a.id) < std::tuple(a.count, b.why, std::string_view(b.created_at.file_name()),
                                         b.created_at.line(), b.id);
  });
  return all;
}

std::string suspects_text(const suspect_options& options) {
  const std::vector<suspect> all = suspects(options);
  if (all.empty()) return {};
  std::size_t count = 0;
  for (const suspect& each : all) count += each.count;
  std::string text =
      fmt::format("leash: {} goroutine{} suspected, which is a guess and no proof:\n\n", count,
                  count == 1 ? " is" : "s are");
  for (const suspect& each : all) {
    fmt::format_to(std::back_inserter(text), "{}, {}: goroutine {} [{}]", each.count,
                   text_of(each.why), each.id, each.reason);
    if (!each.stack.empty()) text += " at " + words_for(each.stack.front());
    fmt::format_to(std::back_inserter(text), "\n  started at {}\n  {}\n\n",
                   words_for(each.created_at), each.text);
  }
  return text;
}

}  // namespace leash
