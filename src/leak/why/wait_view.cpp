#include "leak/why/wait_view.hpp"

#include <algorithm>
#include <atomic>
#include <vector>

#include <leash/detail/sched/promise.hpp>

#include "leak/proof/readings.hpp"
#include "sched/worker.hpp"

namespace leash::detail {
namespace {

class pinned {
 public:
  explicit pinned(goroutine& record) noexcept : record_(record) {
    record_.readers.fetch_add(1, std::memory_order_seq_cst);
  }
  pinned(pinned&&) = delete;
  // Release: what was read of its frames was read before.
  ~pinned() { record_.readers.fetch_sub(1, std::memory_order_release); }

 private:
  goroutine& record_;
};

void read_identity(const goroutine& record, wait_view& into) noexcept {
  into.id = record.id.load(std::memory_order_acquire);
  into.creator = record.creator.load(std::memory_order_acquire);
  into.created_at = record.created_at.load(std::memory_order_acquire);
  into.home = record.home.load(std::memory_order_acquire);
}

void read_stack(const goroutine& record, wait_view& into) noexcept {
  for (const promise_base* frame = record.top; frame != nullptr; frame = frame->parent) {
    if (into.depth == wait_view::most_places) {
      into.elided = true;
      return;
    }
    into.all_places[into.depth++] = frame->where;
  }
}

void read_objects(const goroutine& record, wait_view& into) noexcept {
  const bool all = read_targets(record, [&](const wait_target& each) {
    if (into.target_count == wait_view::most_targets) return false;
    into.all_targets[into.target_count++] = {
        each.target, each.capabilities, each.target->generation.load(std::memory_order_acquire)};
    return true;
  });
  into.truncated = !all;
  into.bound = record.leash.load(std::memory_order_acquire) != nullptr;
  object* const leash = waking_leash_of(record);
  into.on_leash = leash != nullptr;
  if (leash != nullptr)
    into.leash = {hidden_pointer(leash), set_of(capability::cancel),
                  leash->generation.load(std::memory_order_acquire)};
}

// Requires that it is pinned, and was seen to wait since.
void read_pinned(goroutine& record, wait_view& into) noexcept {
  read_identity(record, into);
  into.stands = standing::waiting;
  into.reason = record.reason.load(std::memory_order_acquire);
  into.external = record.external.load(std::memory_order_acquire);
  read_objects(record, into);
  into.present = into.home->now();
  into.age = time_since(record.born.load(std::memory_order_acquire), into.present);
  into.since = time_since(record.resumed.load(std::memory_order_acquire), into.present);
  // Relaxed, and atomic at all: whoever has claimed it meanwhile may take the wait back now, see worker.cpp. What it is
  // suspended in stays, as the frames do.
  const std::atomic_ref<wait_base*> suspended_in(record.wait);
  if (const wait_base* wait = suspended_in.load(std::memory_order_relaxed); wait != nullptr)
    into.deadline = wait->deadline();
  read_stack(record, into);
}

// Neither running nor runnable for as long as its word says so.
standing standing_of(const goroutine& record, wait_state state) noexcept {
  if (record.phase.load(std::memory_order_relaxed) != unwind_phase::none)
    return standing::unwinding;
  return state == wait_state::active ? standing::running : standing::runnable;
}

void clear(goroutine& record, wait_view& into) noexcept {
  into.record = &record;
  into.reason = wait_reason::running;
  into.external = into.bound = into.on_leash = into.truncated = into.elided = false;
  into.target_count = into.depth = 0;
  into.leash = {};
  into.deadline = clock_time::max();
  into.age = into.since = {};
}

}  // namespace

const char* wait_view::reason_text() const noexcept {
  switch (stands) {
    case standing::running:
      return "running";
    case standing::runnable:
      return "runnable";
    case standing::unwinding:
      return "unwinding";
    case standing::waiting:
      break;
  }
  return text_of(reason);
}

bool read_wait(goroutine& record, wait_view& into) noexcept {
  for (;;) {
    clear(record, into);
    into.word = record.word.load(std::memory_order_acquire);
    const wait_state state = state_of(into.word);
    if (state == wait_state::dead || record.home.load(std::memory_order_acquire) == nullptr)
      return false;
    if (state == wait_state::waiting) {
      const pinned guard(record);
      if (record.word.load(std::memory_order_seq_cst) != into.word) continue;
      read_pinned(record, into);
    } else {
      read_identity(record, into);
      into.stands = standing_of(record, state);
      if (&record == current_goroutine() && state == wait_state::active) read_stack(record, into);
    }
    // Acquire, for the objects that are read later: they were there until now.
    if (record.word.load(std::memory_order_acquire) == into.word) return !is_hidden(into.id);
  }
}

bool is_main(const wait_view& seen) {
  const std::vector<const goroutine*> all = mains();
  return std::find(all.begin(), all.end(), seen.record) != all.end();
}

}  // namespace leash::detail
