#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <leash/detail/sched/goroutine.hpp>
#include <leash/detail/sched/scheduler.hpp>
#include <leash/trace.hpp>

#include "leak/proof/proven_goroutine.hpp"

namespace leash::detail {

// Room for what one look at some goroutines finds.
struct trace_batch {
  static constexpr std::size_t most = goroutine_cursor::batch;
  static constexpr std::size_t half_a_stack = 64;
  static constexpr std::size_t longest_stack = 2 * half_a_stack;

  std::array<goroutine_trace, most> traces;
  // Bytes, so that memory for very deep stacks is touched only where there are any.
  alignas(std::source_location)
      std::array<std::byte, most * longest_stack * sizeof(std::source_location)> places;
};

// Of all goroutines those of one cohort, but for some that were proven: in the order of their records.
struct reader_filter {
  std::uint32_t cohort;
  std::span<const proven_goroutine> except;
  // Of one runtime alone; null: of all.
  const scheduler* home = nullptr;
};

// Goes through the records of all goroutines. Neither allocates nor locks, so it works in the handler of a signal.
class goroutine_reader {
 public:
  explicit goroutine_reader(trace_batch& room) noexcept;
  // Only those of these that wait still as they were proven. The list must be there as long as this.
  goroutine_reader(trace_batch& room, std::span<const proven_goroutine> only) noexcept
      : room_(&room), only_(only), end_(static_cast<std::uint32_t>(only.size())), selects_(true) {}

  // What the filter names must be there as long as this.
  goroutine_reader(trace_batch& room, const reader_filter& filter) noexcept
      : goroutine_reader(room) {
    filter_ = filter;
    filters_ = true;
  }

  // The calling goroutine, if it is one, which next() does not show then.
  std::span<const goroutine_trace> own() noexcept;
  // Fills the room; none: that was all.
  std::span<const goroutine_trace> next() noexcept;

 private:
  // What to do about a claimed one: put it off, so that one barrier does for many of them, or have one made now.
  enum class claimed_one : std::uint8_t { put_off, look };

  std::span<const goroutine_trace> next_selected() noexcept;
  void look_at(goroutine& record, claimed_one what) noexcept;
  void look_at_own(const goroutine& own) noexcept;
  bool show_running(const goroutine& record, std::uint64_t word) noexcept;
  bool show_pinned(const goroutine& record, bool after_barrier) noexcept;
  bool show_unread(const goroutine& record) noexcept;
  bool passes(const goroutine& record, std::uint64_t word) const noexcept;
  void look_at_put_off() noexcept;
  void leave_out_hidden() noexcept;
  void pin(goroutine& record) noexcept;
  void unpin(goroutine& record) noexcept;
  void walk(const promise_base* innermost, goroutine_trace& shown) noexcept;
  goroutine_trace& new_trace() noexcept { return room_->traces[shown_++] = {}; }
  std::source_location* next_places() noexcept;
  clock_time present_of(const goroutine& alive) noexcept;

  trace_batch* room_;
  std::span<const proven_goroutine> only_;
  const goroutine* left_out_ = nullptr;
  std::uint32_t next_ = 0;
  std::uint32_t end_;
  bool selects_ = false;
  reader_filter filter_{};
  bool filters_ = false;
  std::size_t shown_ = 0;
  std::size_t places_ = 0;
  std::array<goroutine*, trace_batch::most> put_off_;  // pinned
  std::size_t put_off_count_ = 0;
  std::uint32_t pins_ = 0;  // how many records are pinned, and in this batch at most were
  std::uint32_t most_pins_ = 0;
  std::uint32_t visits_ = 0;    // in this batch
  std::uint64_t clock_of_ = 0;  // the number of the runtime that `present_` is of
  clock_time present_{};
};

// Since the program started, over all readers. `visits`: how many records they have come to,
// each as often as they did. `most_pinned`: the most records that one of them has held at once.
struct reader_counts {
  std::uint64_t batches = 0;
  std::uint64_t visits = 0;
  std::uint32_t most_pinned = 0;
};
reader_counts count_reads() noexcept;

}  // namespace leash::detail
