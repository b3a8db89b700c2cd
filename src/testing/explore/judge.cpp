#include <algorithm>

#include <leash/detail/sched/promise.hpp>
#include <leash/detail/sync/channel_core.hpp>

#include "base/world/gate.hpp"
#include "leak/proof/prove_all.hpp"
#include "testing/explore/explored_run.hpp"

// What a run has come to, when nobody can take a step any more.

namespace leash::detail {
namespace {

bool is_channel(const object& target) noexcept {
  return std::string_view(target.kind->name) == "chan";
}

// As elsewhere in leash, a main that waits for nothing is not spoken of as leaked: others may run for it.
bool rests_on_purpose(const seen_goroutine& left) noexcept {
  return left.is_main &&
         left.shown.wait_reason == leash::detail::text_of(wait_reason::select_no_cases);
}

}  // namespace

seen_goroutine explored_run::look_at(goroutine_id id) {
  const goroutine& record = *actors_[id].record;
  seen_goroutine seen;
  seen.name = actors_[id].who;
  seen.shown.id = id;
  seen.shown.created_at = record.created_at.load(std::memory_order_relaxed);
  seen.shown.wait_reason = leash::detail::text_of(record.reason.load(std::memory_order_relaxed));
  seen.is_main = id == 1;
  for (const promise_base* each = record.top; each != nullptr; each = each->parent)
    seen.shown.stack.push_back(each->where);
  if (names_wanted_ && record.target_count.load(std::memory_order_relaxed) == 1) {
    object& target = *record.targets[0].target.load(std::memory_order_relaxed);
    if (is_channel(target)) {
      seen.waits_on = name_of(target);
      seen.capacity = target.as<channel_body>().capacity;
    }
  }
  return seen;
}

// Nobody runs any more: what the last steps have left on the stack is nobody's.
std::vector<proven_goroutine> explored_run::prove_at_rest() {
  const idle_here idle;
  return prove_all();
}

void explored_run::judge() {
  for (goroutine_id id = 1; id < actors_.size(); ++id)
    if (actors_[id].here) outcome_.left.push_back(look_at(id));
  if (outcome_.left.empty()) return;
  bool any_proven = false;
  for (const proven_goroutine& each : prove_at_rest())
    for (seen_goroutine& left : outcome_.left)
      if (actors_[left.shown.id].record == each.record && !rests_on_purpose(left))
        any_proven = left.shown.proven = true;
  if (outcome_.failed) return;
  outcome_.failed = !main_over_  ? testing::failure_kind::deadlock
                    : any_proven ? testing::failure_kind::leak
                                 : testing::failure_kind::left_over;
}

// Does what is tried, once, when nobody can go on by himself. True: somebody can now.
bool explored_run::try_cure() {
  if (!settings_.cure || cure_tried_) return false;
  cure_tried_ = true;
  const cure_trial& tried = *settings_.cure;
  if (tried.kind == cure_trial::way::done_case) {
    for (goroutine_id id = 1; id < actors_.size(); ++id) {
      if (!actors_[id].here || !tried.is_for(actors_[id].who)) continue;
      goroutine& record = *actors_[id].record;
      const std::uint64_t word = record.word.load(std::memory_order_relaxed);
      if (state_of(word) != wait_state::waiting || !claim(record, word)) continue;
      record.unwind = true;
      make_ready(record);
    }
  } else if (tried.kind == cure_trial::way::close) {
    for (goroutine_id id = 1; id < actors_.size(); ++id) {
      if (!actors_[id].here) continue;
      const goroutine& record = *actors_[id].record;
      for (std::size_t i = 0;
           i < record.targets.size() && i < record.target_count.load(std::memory_order_relaxed);
           ++i) {
        object& target = *record.targets[i].target.load(std::memory_order_relaxed);
        if (state_of(record.word.load(std::memory_order_relaxed)) == wait_state::waiting &&
            is_channel(target) && tried.is_for(name_of(target)))
          close_channel(target);
      }
    }
  }
  gather_ready();
  return !ready_.empty();
}

}  // namespace leash::detail
