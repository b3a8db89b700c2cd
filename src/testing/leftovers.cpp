#include "testing/leftovers.hpp"

#include <algorithm>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include <fmt/format.h>

#include <leash/detail/sched/cohort.hpp>
#include <leash/detail/sched/goroutine.hpp>

#include "leak/proof/prove_all.hpp"
#include "leak/trace/goroutine_reader.hpp"
#include "testing/ignore_list.hpp"

// Waiting for the end of a test's goroutines.
//
// Invariants
// - `changes` is read before the goroutines are looked at: what the look has missed has changed it when it is compared, so that
//   it is not slept through. The whole protocol stands in cohort.hpp.
// - A look takes time, and many changes may come one after the other: so looking takes an eighth of the time at most.

namespace leash::testing {
namespace {

using clock = std::chrono::steady_clock;

bool is_wanted(const detail::proven_goroutine& proven, const search& wanted) {
  const detail::goroutine& record = *proven.record;
  // Acquire: see goroutine.hpp; the word, read last, tells whether all of it was that goroutine's.
  return record.cohort_or_woken.load(std::memory_order_acquire) == wanted.cohort &&
         (wanted.home == nullptr || record.home.load(std::memory_order_acquire) == wanted.home) &&
         record.word.load(std::memory_order_relaxed) == proven.word;
}

leftovers look(const search& wanted) {
  std::vector<detail::proven_goroutine> proven = detail::prove_all();
  detail::leave_out_mains_at_rest(proven);
  std::erase_if(proven, [&](const auto& each) { return !is_wanted(each, wanted); });
  leftovers found;
  const auto room = std::make_unique<detail::trace_batch>();
  const auto add_all = [&](detail::goroutine_reader reader, detail::trace_groups& to) {
    for (auto batch = reader.next(); !batch.empty(); batch = reader.next())
      for (const goroutine_trace& each : batch)
        if (is_ignored(each, wanted.options))
          ++found.ignored;
        else
          to.add(each);
  };
  add_all({*room, proven}, found.leaked);
  add_all({*room, detail::reader_filter{wanted.cohort, proven, wanted.home}}, found.others);
  return found;
}

// Some may have nothing more to do than to count themselves out, and are in no trace any more.
bool is_all_there_is(const leftovers& found, const search& wanted) {
  return !found.empty() || found.ignored != 0 || wanted.home != nullptr;
}

std::string_view goroutines(std::size_t count) { return count == 1 ? "goroutine" : "goroutines"; }

void append_groups(std::string& into, const detail::trace_groups& groups) {
  for (const detail::trace_groups::group* each : groups.sorted()) append_group(into, *each);
}

}  // namespace

leftovers await_leftovers(const search& wanted) {
  detail::cohort& all = detail::cohort_of(wanted.cohort);
  const detail::awaits_cohort here(all);
  const clock::time_point deadline = clock::now() + wanted.options.patience;
  for (;;) {
    const std::uint64_t changes = all.changes.load(std::memory_order_seq_cst);
    if (all.members() == 0) return {};
    const clock::time_point began = clock::now();
    leftovers found = look(wanted);
    const clock::time_point looked = clock::now();
    if (!found.leaked.empty() || wanted.at_rest || looked >= deadline) return found;
    if (found.empty() && is_all_there_is(found, wanted)) return found;
    std::unique_lock guard(all.lock);
    const auto has_changed = [&] { return all.changes.load(std::memory_order_seq_cst) != changes; };
    if (!all.changed.wait_until(guard, deadline, has_changed)) continue;
    const clock::time_point next_look = std::min(deadline, looked + 7 * (looked - began));
    all.changed.wait_until(guard, next_look, [&] { return all.members() == 0; });
  }
}

std::string text_of(const leftovers& found, std::string_view when) {
  std::string text;
  if (const std::size_t count = found.leaked.total(); count != 0) {
    fmt::format_to(std::back_inserter(text), "{} {} of this test can never run again (proven):\n\n",
                   count, goroutines(count));
    append_groups(text, found.leaked);
  }
  if (const std::size_t count = found.others.total(); count != 0) {
    fmt::format_to(std::back_inserter(text), "{} {} of this test {} left over {}:\n\n", count,
                   goroutines(count), count == 1 ? "was" : "were", when);
    append_groups(text, found.others);
  }
  if (!text.empty())
    text +=
        "Let the test wait for what it starts: start it in with_scope, or join it, or cancel its "
        "context first.\nWhat may stay can be named in no_leaks_options.\n";
  return text;
}

}  // namespace leash::testing
