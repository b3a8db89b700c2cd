#pragma once

#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include <leash/detail/base/arena.hpp>
#include <leash/detail/base/handle.hpp>
#include <leash/detail/sched/goroutine.hpp>
#include <leash/detail/sched/scheduler.hpp>
#include <leash/go.hpp>

#include "support/workers.hpp"

namespace leash::testing {

// A goroutine as others see it: `who = this_record()` is the first thing that it does.
using record = std::atomic<detail::goroutine*>;

inline detail::goroutine* this_record() { return detail::current_goroutine(); }

inline bool waits(const record& who) {
  const detail::goroutine* each = who.load();
  return each != nullptr && detail::state_of(each->word.load()) == detail::wait_state::waiting;
}

inline bool waits_with(const record& who, detail::wait_reason reason) {
  return waits(who) && who.load()->reason.load() == reason;
}

// Runs others until the goroutine is suspended for this reason.
inline task<> until_waits(const record& who, detail::wait_reason reason) {
  return until([&who, reason] { return waits_with(who, reason); });
}

using target = std::pair<const detail::object*, detail::capability_set>;

// What would end its wait.
inline std::vector<target> targets_of(const record& who) {
  std::vector<target> found;
  const detail::goroutine& each = *who.load();
  for (std::uint32_t i = 0; i < each.target_count.load() && i < each.targets.size(); ++i)
    found.emplace_back(each.targets[i].target.load(), each.targets[i].capabilities.load());
  return found;
}

// The goroutines in whose frames and closures the handles with this capability live, each as often as
// it has one; null for a handle that lives elsewhere.
inline std::vector<const void*> able(detail::object& object, detail::capability can) {
  std::vector<const void*> found;
  object.handle_lock.lock();
  for (const detail::handle* each = detail::handle::first_of(object); each != nullptr;
       each = each->next()) {
    if ((each->capabilities() & detail::set_of(can)) == 0) continue;
    const detail::block_header* block = detail::find_block(each);
    found.push_back(block == nullptr ? nullptr : block->owner.load());
  }
  object.handle_lock.unlock();
  return found;
}

}  // namespace leash::testing
