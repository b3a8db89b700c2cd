#include <algorithm>

#include "testing/explore/dice.hpp"
#include "testing/explore/explored_run.hpp"

#include <leash/detail/sched/promise.hpp>

// What a run knows, and is told, of the program's objects and goroutines: names, footprints, events.

namespace leash::detail {
namespace {

// Of what all have in common, and of objects that were made before the run.
constexpr std::uint64_t common_names = 1;
constexpr std::uint64_t older_than_the_run = 64;

// Where it was suspended last. One that has no frame any more is ending: its closure dies.
std::source_location place_of(const goroutine& record) noexcept {
  return record.top != nullptr ? record.top->where : std::source_location();
}

}  // namespace

// Of the object that is made next.
std::uint64_t explored_run::next_name() const noexcept {
  const actor& maker = actors_[running_];
  return mixed(maker.who, 2 * std::uint64_t{maker.objects} + 1);
}

void explored_run::made(object& fresh) noexcept {
  if (!deciding_) return;
  if (names_wanted_) names_[object_pool::instance().index_of(&fresh)] = next_name();
  ++actors_[running_].objects;
}

std::uint64_t explored_run::name_of(const object& known) const {
  const auto at = names_.find(object_pool::instance().index_of(&known));
  // One that is older than the run stays where it is.
  return at == names_.end() ? mixed(older_than_the_run, reinterpret_cast<std::uintptr_t>(&known))
                            : at->second;
}

std::uint64_t explored_run::name_of(const timer_entry& timer) const {
  std::uint64_t target = 0;
  if (timer.of_object)
    target = name_of(*static_cast<const object*>(timer.target.get()));
  else if (timer.action == &timer_heap::fire_wait)
    target = actors_[static_cast<const goroutine*>(timer.target.get())
                         ->id.load(std::memory_order_relaxed)]
                 .who;
  return mixed(target, static_cast<std::uint64_t>(timer.when.time_since_epoch().count()));
}

// Whatever else it waited for, nobody can wake it by that any more; nor unwind it there.
void explored_run::note_woken(const goroutine& item) {
  const goroutine_id id = item.id.load(std::memory_order_relaxed);
  used_.add(actors_[id].who, access::write);
  used_.wake(actors_[id].who);
  if (id == stepping_) return;
  const std::size_t count = item.target_count.load(std::memory_order_relaxed);
  if (count > item.targets.size()) used_.add_everything();
  for (std::size_t i = 0; i < std::min(count, item.targets.size()); ++i)
    used_.add(name_of(*item.targets[i].target.load(std::memory_order_relaxed)), access::write);
  if (const object* leash = item.leash.load(std::memory_order_relaxed))
    used_.add(name_of(*leash), access::write);
}

std::uint64_t explored_run::name_of(const pending_call& call) const {
  return mixed(actors_[call.waiter->id.load(std::memory_order_relaxed)].who, 1);
}

void explored_run::locked(object& which) noexcept {
  if (deciding_ && footprints_) used_.add(name_of(which), access::write);
}

void explored_run::touched(common_thing what, access how) noexcept {
  if (deciding_ && footprints_) used_.add(common_names + static_cast<std::uint64_t>(what), how);
}

std::size_t explored_run::extra_capacity() noexcept {
  const bool is_it = deciding_ && settings_.cure &&
                     settings_.cure->kind == cure_trial::way::more_room &&
                     settings_.cure->is_for(next_name());
  return is_it ? settings_.cure->room : 0;
}

void explored_run::awaited(const char* what, const object*, effect came) noexcept {
  awaited_ = what;
  had_nothing_ = came == effect::nothing;
}

// The sum of where all stand.
void explored_run::note_state(actor& of, const char* at) {
  if (!settings_.count_states) return;
  state_ ^= of.state;
  of.state = 0;
  if (at == nullptr) return;
  const std::source_location where = place_of(*of.record);
  of.state = mixed(of.who, mixed(reinterpret_cast<std::uintptr_t>(where.file_name()) + where.line(),
                                 reinterpret_cast<std::uintptr_t>(at) + where.column()));
  state_ ^= of.state;
}

void explored_run::note(event_kind kind, goroutine_id id, const char* what, bool waits) {
  if (!deciding_) return;
  run_event seen;
  seen.kind = kind;
  seen.goroutine = id;
  seen.when = home_.now();
  seen.what = what;
  seen.waits = waits;
  if (id != 0 && kind == event_kind::step) seen.where = place_of(*actors_[id].record);
  outcome_.events.push_back(std::move(seen));
}

}  // namespace leash::detail
