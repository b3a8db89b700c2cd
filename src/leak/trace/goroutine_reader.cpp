#include "leak/trace/goroutine_reader.hpp"

#include <algorithm>
#include <atomic>
#include <new>
#include <utility>

#include <leash/detail/sched/promise.hpp>

#include "leak/trace/barrier.hpp"
#include "sched/worker.hpp"
#include "sched/worker_signs.hpp"

// Reading the frames of goroutines that others may resume and destroy.
//
// Invariants
// - Frames, and what else is not atomic in a record, are read only while the reader is counted in `readers` and the
//   word, read after that, says `waiting`, or says `claimed` when read after a barrier in all threads that came after
//   that. Then no worker touches them until it is counted out: see goroutine.hpp and worker.cpp. The goroutine cannot
//   end meanwhile, so its runtime exists.
// - What the goroutine itself wrote happened before: it stored the word with release order when it suspended, and all
//   that changed the word since were read-modify-writes. What the worker writes next happens after: the reader counts
//   itself out with release order.
// - The calling goroutine's own frames stand still while it is here.
// - At most a batch of records is pinned at once, and each only until it has been read.

namespace leash::detail {
namespace {

std::atomic<std::uint64_t> batches{0};
std::atomic<std::uint64_t> all_visits{0};
std::atomic<std::uint32_t> most_pinned{0};

// Relaxed: a statistic.
void note_batch(std::uint32_t visits, std::uint32_t pins) noexcept {
  batches.fetch_add(1, std::memory_order_relaxed);
  all_visits.fetch_add(visits, std::memory_order_relaxed);
  std::uint32_t known = most_pinned.load(std::memory_order_relaxed);
  while (known < pins &&
         !most_pinned.compare_exchange_weak(known, pins, std::memory_order_relaxed)) {
  }
}

// For records that may be another goroutine's meanwhile; acquire: see goroutine.hpp.
void show_identity(const goroutine& record, goroutine_trace& shown) noexcept {
  shown.id = record.id.load(std::memory_order_acquire);
  shown.creator = record.creator.load(std::memory_order_acquire);
  shown.created_at = record.created_at.load(std::memory_order_acquire);
}

// What the worker says that runs it.
struct run_place {
  std::source_location resumed_at;
  clock_time present;
  bool known = false;
};

run_place find_worker_of(const goroutine& running) noexcept {
  auto& pool = worker_signs_pool::instance();
  for (std::uint32_t i = 0; i < pool.size(); ++i) {
    const worker_signs& signs = pool[i];
    const std::uint64_t turn = signs.turn.load(std::memory_order_acquire);
    if (turn % 2 == 0 || signs.runs.load(std::memory_order_acquire) != &running) continue;
    const std::source_location where = signs.resumed_at.load(std::memory_order_acquire);
    const bool is_virtual = signs.virtual_time.load(std::memory_order_acquire);
    const clock_time present = is_virtual ? moment_of(signs.present.load(std::memory_order_acquire))
                                          : std::chrono::steady_clock::now();
    if (signs.turn.load(std::memory_order_relaxed) == turn) return {where, present, true};
  }
  return {};
}

}  // namespace

reader_counts count_reads() noexcept {
  return {batches.load(std::memory_order_relaxed), all_visits.load(std::memory_order_relaxed),
          most_pinned.load(std::memory_order_relaxed)};
}

goroutine_reader::goroutine_reader(trace_batch& room) noexcept
    : room_(&room), end_(goroutine_pool::instance().size()) {}

std::span<const goroutine_trace> goroutine_reader::own() noexcept {
  const goroutine* own = current_goroutine();
  if (own == nullptr || state_of(own->word.load(std::memory_order_relaxed)) != wait_state::active)
    return {};
  left_out_ = own;
  shown_ = places_ = 0;
  clock_of_ = 0;
  look_at_own(*own);
  return {room_->traces.data(), shown_};
}

std::span<const goroutine_trace> goroutine_reader::next_selected() noexcept {
  do {
    shown_ = places_ = 0;
    most_pins_ = visits_ = 0;
    clock_of_ = 0;
    for (; next_ != end_ && shown_ != trace_batch::most; ++next_) {
      goroutine& record = *only_[next_].record;
      ++visits_;
      pin(record);
      if (record.word.load(std::memory_order_seq_cst) == only_[next_].word)
        static_cast<void>(show_pinned(record, false));
      unpin(record);
    }
    note_batch(visits_, most_pins_);
  } while (shown_ == 0 && next_ != end_);
  return {room_->traces.data(), shown_};
}

std::span<const goroutine_trace> goroutine_reader::next() noexcept {
  if (selects_) return next_selected();
  auto& pool = goroutine_pool::instance();
  const goroutine* own = current_goroutine();
  do {
    shown_ = places_ = 0;
    most_pins_ = visits_ = 0;
    clock_of_ = 0;
    for (; next_ != end_ && shown_ + put_off_count_ != trace_batch::most; ++next_) {
      goroutine& record = pool[next_];
      ++visits_;
      if (&record == left_out_) continue;
      if (&record == own &&
          state_of(own->word.load(std::memory_order_relaxed)) == wait_state::active)
        look_at_own(record);
      else
        look_at(record, claimed_one::put_off);
    }
    look_at_put_off();
    leave_out_hidden();
    note_batch(visits_, most_pins_);
    // Those that there was room for may all have ended.
  } while (shown_ == 0 && next_ != end_);
  return {room_->traces.data(), shown_};
}

// Whether it is to be shown, if `word` is still its word afterwards.
bool goroutine_reader::passes(const goroutine& record, std::uint64_t word) const noexcept {
  if (!filters_) return true;
  // Acquire: see goroutine.hpp.
  if (record.cohort_or_woken.load(std::memory_order_acquire) != filter_.cohort) return false;
  if (filter_.home != nullptr && record.home.load(std::memory_order_acquire) != filter_.home)
    return false;
  const proven_goroutine* at = find_proven(filter_.except, &record);
  return at == nullptr || at->word != word;
}

void goroutine_reader::look_at(goroutine& record, claimed_one what) noexcept {
  for (;;) {
    const std::uint64_t word = record.word.load(std::memory_order_acquire);
    if (state_of(word) == wait_state::dead) return;
    if (record.home.load(std::memory_order_acquire) == nullptr) return;  // a plain thread's
    if (!passes(record, word)) {
      // It may be another one's meanwhile.
      if (record.word.load(std::memory_order_relaxed) == word) return;
      continue;
    }
    if (state_of(word) == wait_state::active) {
      if (show_running(record, word)) return;
      continue;
    }
    pin(record);
    if (show_pinned(record, false)) {
      unpin(record);
      return;
    }
    if (state_of(record.word.load(std::memory_order_acquire)) == wait_state::claimed) {
      if (what == claimed_one::put_off) {
        put_off_[put_off_count_++] = &record;
        return;
      }
      const bool shown = barrier_in_all_threads() ? show_pinned(record, true) : show_unread(record);
      unpin(record);
      if (shown) return;
      continue;
    }
    unpin(record);
  }
}

void goroutine_reader::look_at_put_off() noexcept {
  const std::size_t count = std::exchange(put_off_count_, 0);
  if (count == 0) return;
  const bool after_barrier = barrier_in_all_threads();
  std::size_t missed = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const bool shown = after_barrier ? show_pinned(*put_off_[i], true) : show_unread(*put_off_[i]);
    unpin(*put_off_[i]);
    if (!shown) put_off_[missed++] = put_off_[i];
  }
  for (std::size_t i = 0; i < missed; ++i) look_at(*put_off_[i], claimed_one::look);
}

// Here and not before it is looked at, when its record could still become another one's.
void goroutine_reader::leave_out_hidden() noexcept {
  const auto end = room_->traces.begin() + static_cast<std::ptrdiff_t>(shown_);
  const auto left = std::remove_if(room_->traces.begin(), end,
                                   [](const goroutine_trace& each) { return is_hidden(each.id); });
  shown_ = static_cast<std::size_t>(left - room_->traces.begin());
}

void goroutine_reader::look_at_own(const goroutine& own) noexcept {
  goroutine_trace& shown = new_trace();
  show_identity(own, shown);
  shown.reason = "running";
  const clock_time present = present_of(own);
  shown.age = time_since(own.born.load(std::memory_order_relaxed), present);
  shown.since = time_since(own.resumed.load(std::memory_order_relaxed), present);
  walk(own.top, shown);
}

// False: it does not run any more.
bool goroutine_reader::show_running(const goroutine& record, std::uint64_t word) noexcept {
  goroutine_trace seen;
  show_identity(record, seen);
  seen.reason = "running";
  const coarse_time born = record.born.load(std::memory_order_acquire);
  const coarse_time resumed = record.resumed.load(std::memory_order_acquire);
  const run_place place = find_worker_of(record);
  // The same word: it was this goroutine, and it ran, all the time. Relaxed: what was read since was read with acquire
  // order.
  if (!place.known || record.word.load(std::memory_order_relaxed) != word) return false;
  seen.age = time_since(born, place.present);
  seen.since = time_since(resumed, place.present);
  seen.stack = {new (next_places()) std::source_location(place.resumed_at), 1};
  places_ += 1;
  new_trace() = seen;
  return true;
}

// Shows one that is pinned. False: its frames cannot be read.
bool goroutine_reader::show_pinned(const goroutine& record, bool after_barrier) noexcept {
  const std::uint64_t word = record.word.load(std::memory_order_seq_cst);
  const wait_state state = state_of(word);
  const bool stands_still =
      state == wait_state::waiting || (state == wait_state::claimed && after_barrier);
  if (!stands_still) return false;
  if (record.home.load(std::memory_order_relaxed) == nullptr) return false;
  if (!passes(record, word)) return true;
  goroutine_trace& shown = new_trace();
  show_identity(record, shown);
  // Held up in the middle of its unwinding, it waits for an operation or for its children.
  const bool waits = state == wait_state::waiting ||
                     record.phase.load(std::memory_order_relaxed) == unwind_phase::abandoning;
  shown.state = waits ? goroutine_state::waiting : goroutine_state::runnable;
  if (selects_ || record.leak.load(std::memory_order_relaxed) != leak_mark::none)
    shown.leak = leak_state::proven;
  shown.reason = waits ? text_of(record.reason.load(std::memory_order_relaxed)) : "runnable";
  const clock_time present = present_of(record);
  shown.age = time_since(record.born.load(std::memory_order_relaxed), present);
  shown.since = time_since(record.resumed.load(std::memory_order_relaxed), present);
  walk(record.top, shown);
  return true;
}

// Shows a claimed one without its stack, because there is no barrier. False: it is not claimed any more.
bool goroutine_reader::show_unread(const goroutine& record) noexcept {
  const std::uint64_t word = record.word.load(std::memory_order_acquire);
  if (state_of(word) != wait_state::claimed) return false;
  goroutine_trace seen;
  show_identity(record, seen);
  seen.state = goroutine_state::runnable;
  seen.reason = "runnable";
  const bool wanted = passes(record, word);
  if (record.word.load(std::memory_order_relaxed) != word) return false;
  if (wanted) new_trace() = seen;
  return true;
}

void goroutine_reader::pin(goroutine& record) noexcept {
  record.readers.fetch_add(1, std::memory_order_seq_cst);
  most_pins_ = std::max(most_pins_, ++pins_);
}

void goroutine_reader::unpin(goroutine& record) noexcept {
  record.readers.fetch_sub(1, std::memory_order_release);
  --pins_;
}

std::source_location* goroutine_reader::next_places() noexcept {
  return reinterpret_cast<std::source_location*>(room_->places.data()) + places_;
}

void goroutine_reader::walk(const promise_base* innermost, goroutine_trace& shown) noexcept {
  constexpr std::size_t half = trace_batch::half_a_stack;
  std::source_location* places = next_places();
  std::size_t depth = 0;
  // The outer half is a ring, in which the outermost remain.
  for (const promise_base* frame = innermost; frame != nullptr; frame = frame->parent, ++depth)
    new (places + (depth < half ? depth : half + (depth - half) % half))
        std::source_location(frame->where);
  if (depth > trace_batch::longest_stack) {
    std::rotate(places + half, places + half + (depth - half) % half, places + 2 * half);
    shown.elided = depth - trace_batch::longest_stack;
  }
  shown.stack = {places, std::min(depth, trace_batch::longest_stack)};
  places_ += shown.stack.size();
}

// One look at the clock for all of a batch that belong to one runtime.
clock_time goroutine_reader::present_of(const goroutine& alive) noexcept {
  const scheduler& home = *alive.home.load(std::memory_order_relaxed);
  if (home.number != clock_of_) {
    clock_of_ = home.number;
    present_ = home.now();
  }
  return present_;
}

}  // namespace leash::detail
