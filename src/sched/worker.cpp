#include "worker.hpp"

#include <leash/detail/base/recorded.hpp>
#include <leash/detail/sched/cohort.hpp>
#include <leash/detail/sched/leash_list.hpp>
#include <leash/detail/sched/promise.hpp>
#include <leash/detail/sched/start.hpp>
#include <leash/error.hpp>

#include "base/world/gate.hpp"

namespace leash::detail {
namespace {

constinit thread_local worker* working = nullptr;
constinit thread_local scheduler* starting_in = nullptr;
constinit thread_local const goroutine* standing_in_for = nullptr;

void count(std::atomic<std::int64_t>& own) noexcept {
  own.store(own.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

// Waits until nobody goes through the frames of a goroutine that was just marked as active.
//
// A reader adds to `readers`, then looks at the word. It must not both miss the change of the word and be missed here.
// - It found `waiting`: then its look comes, in the single order of all seq_cst operations, before the claim (a seq_cst
//   compare-and-swap), and so does its addition. The claim happens before this worker got the goroutine, and so before
//   the load here.
// - It found `claimed`: the store of `active` is no seq_cst operation, so it could still be on its way when the load here
//   is done. Therefore a reader of claimed goroutines has the kernel put a barrier into every thread (membarrier)
//   between its addition and its look. If the load here came before that barrier, so did the store before it,
//   and the reader saw it; else the load sees the addition. The fence keeps the compiler from turning the two round.
void wait_for_readers(const goroutine& taken) noexcept {
  if constexpr (!recorded::registry) return;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  if (taken.readers.load(std::memory_order_seq_cst) == 0) [[likely]]
    return;
  constexpr int spins = 256;
  for (int i = 0; taken.readers.load(std::memory_order_seq_cst) != 0; ++i)
    if (i < spins)
      pause_processor();
    else
      std::this_thread::yield();
}

void take_frames(goroutine& next) noexcept {
  next.word.store(with_state(next.word.load(std::memory_order_relaxed), wait_state::active),
                  std::memory_order_release);
  wait_for_readers(next);
}

// Takes back the wait of a goroutine that is to be unwound, which stays claimed meanwhile, so that its frames can be
// read. False: an operation is still using the frames; unwinding goes on when it is over.
bool abandon_wait(goroutine& self) noexcept {
  self.phase.store(unwind_phase::abandoning, std::memory_order_relaxed);
  // Relaxed, and atomic at all: a reader that has pinned the frames may read it at this moment, and finds either.
  const std::atomic_ref<wait_base*> suspended_in(self.wait);
  wait_base* const wait = suspended_in.load(std::memory_order_relaxed);
  suspended_in.store(nullptr, std::memory_order_relaxed);
  return wait == nullptr || wait->abandon(self);
}

enum class unwound : std::uint8_t {
  up_to_its_root,  // which finish() destroys
  up_to_a_stop,    // which is to be resumed
};

// Destroys an unwound goroutine's frames, innermost first.
unwound unwind_frames(goroutine& self) noexcept {
  self.phase.store(unwind_phase::under_way, std::memory_order_relaxed);
  for (;;) {
    promise_base* innermost = self.top;
    if (unwind_stop* stop = self.stops; stop != nullptr && stop->frame == innermost) {
      stop->reached = true;
      self.stops = stop->outer;
      return unwound::up_to_a_stop;
    }
    if (innermost->parent == nullptr) return unwound::up_to_its_root;
    self.top = innermost->parent;
    innermost->self.destroy();
  }
}

void give_back_side_blocks(goroutine& ended) noexcept {
  more_targets* more = ended.more.exchange(nullptr, std::memory_order_relaxed);
  while (more != nullptr) {
    more_targets* next = more->next.load(std::memory_order_relaxed);
    more_targets_pool::instance().release(more);
    more = next;
  }
  borrow_edge* edge = ended.borrows.exchange(nullptr, std::memory_order_relaxed);
  while (edge != nullptr) {
    borrow_edge* next = edge->next.load(std::memory_order_relaxed);
    borrow_edge_pool::instance().release(edge);
    edge = next;
  }
}

// Counts a goroutine that has ended out of its cohort, unless somebody else has taken it out.
[[gnu::noinline]] void leave_own_cohort(goroutine& ended) noexcept {
  // Relaxed: nothing is read for it.
  const std::uint32_t number = ended.cohort_or_woken.exchange(0, std::memory_order_relaxed);
  if (number != 0) leave_cohort(number);
}

bool has_cohort(const goroutine& record) noexcept {
  return record.cohort_or_woken.load(std::memory_order_relaxed) != 0;
}

void finish(worker& on, goroutine& ended) noexcept {
  promise_base* root = ended.top;
  closure_base* closure = ended.closure;
  promise_base* returned = ended.is_unwinding() ? nullptr : root;
  if (closure != nullptr)
    closure->completed(returned);
  else if (returned != nullptr && returned->failure)
    report_uncaught(ended, returned->failure);
  ended.top = nullptr;
  root->self.destroy();
  if (closure != nullptr) closure->drop();
  unbind_from_leash(ended);
  give_back_side_blocks(ended);
  ended.closure = nullptr;
  // The closure outlives the record: from here on it is nobody's, so that what it can end is not taken
  // for something in a dead goroutine's place.
  if (closure != nullptr) find_block(closure)->owner.store(nullptr, std::memory_order_release);
  const std::uint64_t word = ended.word.load(std::memory_order_relaxed);
  scheduler& home = on.home;
  ended.word.store(next_epoch(word, wait_state::dead), std::memory_order_release);
  on.current = nullptr;  // no destructor of its runs any more
  count(on.finished);
  if (has_cohort(ended)) [[unlikely]]
    leave_own_cohort(ended);
  goroutine_pool::instance().release(&ended);
  if (closure != nullptr) {
    closure->ended();
    delete closure;
  }
  if (home.stopping.load(std::memory_order_seq_cst) && home.live() == 0) home.wake_all();
}

}  // namespace

[[gnu::noinline]] worker* this_worker() noexcept { return working; }

void set_this_worker(worker* self) noexcept { working = self; }

[[gnu::noinline]] start_in::start_in(scheduler& home) noexcept
    : outer_(std::exchange(starting_in, &home)) {}
[[gnu::noinline]] start_in::~start_in() { starting_in = outer_; }

stand_in::stand_in(const goroutine& waiting) noexcept { standing_in_for = &waiting; }
stand_in::~stand_in() { standing_in_for = nullptr; }

worker::worker(scheduler& home, std::uint32_t number)
    : home(home), number(number), signs(*worker_signs_pool::instance().acquire()) {
  signs.virtual_time.store(home.virtual_time, std::memory_order_relaxed);
}

worker::~worker() { worker_signs_pool::instance().release(&signs); }

void worker::push(goroutine& item, bool soon) noexcept {
  goroutine* displaced = &item;
  if (soon) {
    displaced = slot.exchange(&item, std::memory_order_acq_rel);
    if (displaced == nullptr) return;
  }
  if (ring.push(displaced)) {
    untold.store(true, std::memory_order_relaxed);
    return;
  }
  home.injected.push(displaced);
  home.wake_one();
}

goroutine* worker::take_own() noexcept {
  // Two goroutines that wake each other may not keep the ring waiting for ever.
  constexpr std::uint32_t longest_streak = 61;
  if (slot_streak < longest_streak && slot.load(std::memory_order_relaxed) != nullptr) {
    if (goroutine* next = slot.exchange(nullptr, std::memory_order_acq_rel)) {
      ++slot_streak;
      return next;
    }
  }
  slot_streak = 0;
  if (goroutine* next = ring.pop()) return next;
  return slot.exchange(nullptr, std::memory_order_acq_rel);
}

void worker::run(goroutine& next) noexcept {
  if (next.unwind && home.set_aside(next)) return;
  current = &next;
  if constexpr (recorded::registry) {
    signs.turn_begins(next, next.top->where);
    next.resumed.store(present, std::memory_order_relaxed);
  }
  next.slice = home.slice;
  bool resume = false;
  if (!next.unwind) {
    if (next.leak.load(std::memory_order_relaxed) != leak_mark::none) [[unlikely]]
      proof_refuted(next);
    take_frames(next);
    resume = true;
  } else if (abandon_wait(next)) {
    take_frames(next);
    resume = unwind_frames(next) == unwound::up_to_a_stop;
    if (resume)
      next.unwind = false;
    else
      ended = &next;
  }
  if (resume) {
    std::coroutine_handle<> frame = next.top->self;
    clear_for_turn();
    do {
      continuation = {};
      frame.resume();
      frame = continuation;
    } while (frame);
  }
  if (goroutine* gone = std::exchange(ended, nullptr)) finish(*this, *gone);
  current = nullptr;
  if (dropped.count != 0) [[unlikely]]
    look_at_drops();
  if (const std::uint64_t word = next.word.load(std::memory_order_relaxed);
      state_of(word) == wait_state::waiting)
    begun.add(next, word);
  if constexpr (recorded::registry) signs.turn_ends();
  if (trace.exception) trace.exception = nullptr;
}

namespace {

bool borrows_from(const goroutine& borrower, const block_header& block) noexcept {
  for (const borrow_edge* edge = borrower.borrows.load(std::memory_order_relaxed); edge != nullptr;
       edge = edge->next.load(std::memory_order_relaxed))
    if (edge->block.load(std::memory_order_relaxed) == &block) return true;
  return false;
}

}  // namespace

// A goroutine uses what it owns and what it has borrowed, and so of those who wait for it: as long as it
// can go on, so can they.
use judge_use(const block_header& block) noexcept {
  const goroutine* self = current_goroutine();
  if (self == nullptr) self = standing_in_for;
  auto* owner = static_cast<goroutine*>(block.owner.load(std::memory_order_relaxed));
  // Nobody's frame yet: whoever can reach it, as with the heap.
  if (owner == self || owner == nullptr) return use::allowed;
  for (const goroutine* each = self; each != nullptr;
       each = each->joiner.load(std::memory_order_relaxed))
    if (owner == each || borrows_from(*each, block)) return use::allowed;
  return self == nullptr ? use::by_foreign_thread : use::by_foreign_goroutine;
}

goroutine* current_goroutine() noexcept {
  worker* self = this_worker();
  return self == nullptr ? nullptr : self->current;
}

scheduler& current_scheduler() {
  worker* self = this_worker();
  if (self == nullptr) throw error(errc::no_runtime);
  return self->home;
}

void make_ready(goroutine& claimed, bool soon) noexcept {
  worker* self = this_worker();
  scheduler* home = claimed.home.load(std::memory_order_relaxed);
  if (self != nullptr && &self->home == home) {
    self->push(claimed, soon);
  } else if (home != nullptr) {
    home->inject_from_outside(claimed);
  } else {
    claimed.cohort_or_woken.store(thread_woken, std::memory_order_release);
    claimed.cohort_or_woken.notify_one();
  }
}

bool on_worker() noexcept { return this_worker() != nullptr; }

void unwind_at_once(goroutine& claimed) noexcept {
  worker& on = *this_worker();
  goroutine* const caller = on.current;
  on.run(claimed);
  on.current = caller;
}

void yield_current(goroutine& self) noexcept {
  // Doom is not looked at: an operation that has happened is delivered first.
  self.wait = nullptr;
  const std::uint64_t word = self.word.load(std::memory_order_relaxed);
  self.word.store(with_state(word, wait_state::claimed), std::memory_order_release);
  self.home.load(std::memory_order_relaxed)->inject(self);
}

void continue_unwinding(goroutine& waiter) noexcept { make_ready(waiter, false); }

namespace {

// Its number, and since when it exists. `self`: the worker that starts it; null: a thread that is none of `home`'s.
[[maybe_unused]] void enter_in_registry(goroutine& fresh, worker* self, scheduler& home) noexcept {
  constexpr std::uint64_t id_batch = 16;
  coarse_time born = 0;
  if (self == nullptr) {
    fresh.id.store(home.next_ids.fetch_add(1, std::memory_order_relaxed),
                   std::memory_order_release);
    born = coarse(home.now());
  } else {
    if (self->next_id == self->last_id) {
      self->next_id = home.next_ids.fetch_add(id_batch, std::memory_order_relaxed);
      self->last_id = self->next_id + id_batch;
    }
    fresh.id.store(self->next_id++, std::memory_order_release);
    born = self->present;
  }
  fresh.born.store(born, std::memory_order_relaxed);
  fresh.resumed.store(born, std::memory_order_relaxed);
}

// That of the one that starts it; null: none does. Returns `fresh`.
[[gnu::noinline]] goroutine& enter_cohort(goroutine& fresh, const goroutine* creator,
                                          const scheduler& home) noexcept {
  const std::uint32_t number = creator == nullptr
                                   ? cohort_from_outside(home)
                                   : creator->cohort_or_woken.load(std::memory_order_acquire);
  const bool joined = number != 0 && !home.hidden && join_cohort(number);
  // Also against release_members, which looks at all once more until it finds none: either it finds this one, or the creator
  // is found to be taken out here.
  fresh.cohort_or_woken.store(joined ? number : 0, std::memory_order_seq_cst);
  if (joined && creator != nullptr &&
      creator->cohort_or_woken.load(std::memory_order_seq_cst) != number)
    leave_own_cohort(fresh);
  return fresh;
}

}  // namespace

goroutine& new_goroutine(std::source_location created_at) {
  worker* self = this_worker();
  scheduler* home = starting_in;
  if (home == nullptr) {
    if (self == nullptr) throw error(errc::no_runtime);
    home = &self->home;
  }
  goroutine& fresh = *goroutine_pool::instance().acquire();
  if constexpr (recorded::registry)
    enter_in_registry(fresh, self != nullptr && home == &self->home ? self : nullptr, *home);
  const goroutine* creator = self == nullptr ? nullptr : self->current;
  if constexpr (recorded::birthplaces) {
    fresh.creator.store(creator == nullptr ? 0 : creator->id.load(std::memory_order_relaxed),
                        std::memory_order_release);
    fresh.created_at.store(created_at, std::memory_order_release);
  }
  fresh.home.store(home, std::memory_order_release);
  fresh.target_count.store(0, std::memory_order_relaxed);
  fresh.reason.store(wait_reason::running, std::memory_order_relaxed);
  fresh.shields.store(0, std::memory_order_relaxed);
  fresh.sheltered.store(false, std::memory_order_relaxed);
  fresh.leak.store(leak_mark::none, std::memory_order_relaxed);
  fresh.unwind = false;
  fresh.phase.store(unwind_phase::none, std::memory_order_relaxed);
  fresh.wait = nullptr;
  fresh.closure = nullptr;
  fresh.joiner.store(nullptr, std::memory_order_relaxed);
  if (mutated(rule::epoch_survives_reuse)) fresh.word.store(0, std::memory_order_relaxed);
  if (creator == nullptr || has_cohort(*creator)) [[unlikely]]
    return enter_cohort(fresh, creator, *home);
  fresh.cohort_or_woken.store(0, std::memory_order_release);
  return fresh;
}

void launch(goroutine& fresh, promise_base& root, object* leash) noexcept {
  worker* self = this_worker();
  scheduler& home = *fresh.home.load(std::memory_order_relaxed);
  const bool here = self != nullptr && &self->home == &home;
  root.begin(fresh);
  if (leash != nullptr) bind_to_leash(fresh, *leash);
  if (here)
    count(self->started);
  else
    home.started_elsewhere.fetch_add(1, std::memory_order_release);
  fresh.word.store(next_epoch(fresh.word.load(std::memory_order_relaxed), wait_state::claimed),
                   std::memory_order_release);
  if (here)
    self->push(fresh, false);
  else
    home.inject_from_outside(fresh);
  touch(common_thing::goroutine_count, access::add);
  operation_over("go", nullptr);
}

void discard(goroutine& fresh) noexcept {
  give_back_side_blocks(fresh);
  delete std::exchange(fresh.closure, nullptr);
  if (has_cohort(fresh)) leave_own_cohort(fresh);
  goroutine_pool::instance().release(&fresh);
}

void promise_base::begin(goroutine& runner) noexcept {
  owner = &runner;
  runner.top = this;
  if (mutated(rule::owner_at_first_await)) return;
  void* frame = self.address();
  block_header* header =
      mutated(rule::owner_by_lookup) ? static_cast<block_header*>(frame) - 1 : find_block(frame);
  if (header != nullptr) header->owner.store(&runner, std::memory_order_release);
}

std::coroutine_handle<> final_awaiter::leave(promise_base& ended) noexcept {
  if (promise_base* parent = ended.parent) {
    if (workers_with_drops.load(std::memory_order_relaxed) != 0) [[unlikely]]
      look_at_drops();
    ended.owner->top = parent;
    return transfer(parent->self);
  }
  this_worker()->ended = ended.owner;
  return std::noop_coroutine();
}

[[gnu::noinline]] std::coroutine_handle<> transfer(std::coroutine_handle<> to) noexcept {
#if defined(__clang__)
  return to;
#else
  this_worker()->continuation = to;
  return std::noop_coroutine();
#endif
}

}  // namespace leash::detail
