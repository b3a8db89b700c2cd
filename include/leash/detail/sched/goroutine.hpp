#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <source_location>

#include <leash/detail/base/hidden_pointer.hpp>
#include <leash/detail/base/mutation.hpp>
#include <leash/detail/base/object.hpp>

// The goroutine's record and the one claim.
//
// Every suspension is a wait. Whoever wants to finish it (a peer, close, a timer, a cancel, another
// case of a select, the unwinder) must first claim it: one compare-and-swap on the goroutine's word.
// Only the claimer moves a value, sets the outcome, and makes the goroutine runnable, once.
//
//   word = epoch << 2 | state
//
//             park: epoch + 1              claim                    a worker runs it
//   active ------------------> waiting ------------> claimed ------------------------> active
//      \___________________________________________________________________________> dead
//                                     end: epoch + 1
// Invariants
// - The epoch never goes back, also not when a record is reused: a claim with an old word fails.
// - The owner alone leaves `active`; the claimer alone leaves `waiting`, before any effect of its own.
// - What a goroutine waits for stands in its record before the word says `waiting` (release; readers
//   read word, fields, word again).
// - Park against cancel: the parker stores the word, then loads `done`; the canceller stores `done`,
//   then loads the word; all four seq_cst, so one of them sees the other.
// - The frames of a goroutine that is `waiting` or `claimed` can be read by others, who pin them: a reader counts
//   itself in `readers`, then looks at the word, and reads no frame if that says anything else. Only worker::run
//   resumes and destroys frames: it stores `active`, then looks at `readers`, and touches no frame before that is
//   0 once. See worker.cpp for why one of them sees the other.
// - What a reader needs of a record that may be used for another goroutine meanwhile (id, creator, created_at,
//   home, cohort) is stored with release order: who reads a new value finds, when it looks at the word again, that
//   the goroutine has ended.

namespace leash::detail {

class promise_base;
class scheduler;
class goroutine;
class closure_base;

enum class wait_state : std::uint64_t { dead = 0, active = 1, waiting = 2, claimed = 3 };

constexpr wait_state state_of(std::uint64_t word) noexcept {
  return static_cast<wait_state>(word & 3);
}
constexpr std::uint64_t with_state(std::uint64_t word, wait_state state) noexcept {
  return (word & ~std::uint64_t{3}) | static_cast<std::uint64_t>(state);
}
constexpr std::uint64_t next_epoch(std::uint64_t word, wait_state state) noexcept {
  return (((word >> 2) + 1) << 2) | static_cast<std::uint64_t>(state);
}

// Why a goroutine waits; the texts are Go's, letter for letter, where Go has the reason.
enum class wait_reason : std::uint8_t {
  running,
  chan_send,
  chan_receive,
  chan_send_nil,
  chan_receive_nil,
  select,
  select_no_cases,
  goroutine_join,
  wait_group_wait,
  sleep,
  context_done,
  scope_join,
  io_wait,
  mutex_lock,
  rw_mutex_lock,
  rw_mutex_lock_shared,
  cond_wait,
  semacquire,
  once_do,
  blocking,
};
const char* text_of(wait_reason reason) noexcept;

// What the unwinder asks of a suspended operation.
class wait_base {
 public:
  // Takes the goroutine's wait back: out of queues, off the poller. Called on a worker after the wait
  // was claimed, before any frame is destroyed. False: the operation still uses the frame (a barrier's
  // children, an I/O operation under way); it calls scheduler::continue_unwinding when it is over.
  virtual bool abandon(goroutine& waiter) noexcept = 0;
  // When time ends the wait, by the clock of the goroutine's runtime; max(): time does not. Asked by who has pinned
  // the goroutine, while it waits.
  virtual std::chrono::steady_clock::time_point deadline() const noexcept {
    return std::chrono::steady_clock::time_point::max();
  }

 protected:
  ~wait_base() = default;
};

// A frame at which unwinding stops: it is resumed instead of destroyed, and has the unwinding go on later.
// Lives in that frame.
struct unwind_stop {
  promise_base* frame = nullptr;
  unwind_stop* outer = nullptr;
  bool reached = false;
};

// One thing that would end a wait: any handle to `target` with one of `capabilities`. Hidden: it lies in frames, and gives
// nobody anything.
struct wait_target {
  hidden_pointer<object> target;
  capability_set capabilities;
};

struct published_target {
  std::atomic<object*> target{nullptr};
  std::atomic<capability_set> capabilities{0};
};

// Room for the targets of large selects: type-stable, so that a late reader reads targets.
struct more_targets {
  static constexpr std::size_t room = 12;
  std::array<published_target, room> targets;
  std::atomic<more_targets*> next{nullptr};
};
using more_targets_pool = stable_pool<more_targets, std::size_t{1} << 20>;

// A frame that a goroutine's closure points into. Type-stable.
struct borrow_edge {
  std::atomic<void*> block{nullptr};  // the header of the block borrowed from
  std::atomic<borrow_edge*> next{nullptr};
};
using borrow_edge_pool = stable_pool<borrow_edge, std::size_t{1} << 22>;

// How far the unwinding of a goroutine has come. `abandoning`: an operation may still use its frames.
enum class unwind_phase : std::uint8_t { none, abandoning, under_way };

// What has been found out about a goroutine that waits: that it can never run again, and that somebody was told. It is taken back
// when the goroutine runs all the same.
enum class leak_mark : std::uint8_t { none, proven, announced };

// That a plain thread was woken: no cohort's number.
inline constexpr std::uint32_t thread_woken = ~std::uint32_t{0};

// A moment of the runtime's clock as records keep it, see scheduler.hpp.
using coarse_time = std::uint32_t;

class alignas(64) goroutine {
 public:
  std::atomic<std::uint64_t> word{0};

  // The published wait: how many targets, why, and whether something that is no handle can end it.
  std::atomic<std::uint32_t> target_count{0};
  std::atomic<wait_reason> reason{wait_reason::running};
  std::atomic<bool> external{false};
  std::atomic<std::uint16_t> readers{0};  // who go through its frames
  std::array<published_target, 2> targets;
  std::atomic<more_targets*> more{nullptr};
  std::atomic<object*> leash{nullptr};         // the context it is bound to
  std::atomic<borrow_edge*> borrows{nullptr};  // written before it first runs, kept to its end
  // Who joins it, and outlives it therefore: it may use that one's frames. Null: nobody.
  std::atomic<goroutine*> joiner{nullptr};

  std::uint32_t outcome = 0;              // set by the claimer: which case, see the operation
  std::atomic<std::uint16_t> shields{0};  // >0: neither cancel nor the end of run() reaches it
  std::uint8_t slice = 0;                 // operations left before it yields
  std::atomic<leak_mark> leak{leak_mark::none};
  std::atomic<coarse_time> resumed{0};  // when it last got to run
  bool unwind = false;                  // set by the claimer: run destructors, not the body
  std::atomic<unwind_phase> phase{unwind_phase::none};
  std::atomic<bool> sheltered{false};   // somebody under a shield waits for it: run() waits too
  bool done_leash = false;              // listed among its context's claimed, not its bound
  promise_base* top = nullptr;          // the innermost frame
  wait_base* wait = nullptr;            // what it is suspended in
  unwind_stop* stops = nullptr;         // the innermost
  goroutine* next = nullptr;            // in a queue of the scheduler or a list of a claimer
  goroutine* leash_previous = nullptr;  // guarded by the context's lock
  goroutine* leash_next = nullptr;
  closure_base* closure = nullptr;
  std::atomic<scheduler*> home{nullptr};  // null: a plain thread's
  std::atomic<std::uint64_t> id{0};
  std::atomic<std::uint64_t> creator{0};
  std::atomic<std::source_location> created_at{std::source_location{}};
  std::atomic<coarse_time> born{0};
  // A goroutine's: its cohort, see cohort.hpp; 0: none. A plain thread's: whether it was woken, see thread_wait.hpp.
  std::atomic<std::uint32_t> cohort_or_woken{0};
#ifdef LEASH_MUTATIONS
  std::atomic<std::uint64_t> claimed_word{0};
#endif

  // Relaxed: only the goroutine's own worker changes it.
  bool is_unwinding() const noexcept {
    return phase.load(std::memory_order_relaxed) != unwind_phase::none;
  }
};

// Goroutines of hidden runtimes (see runtime_options) have ids from here on; others never get that far.
inline constexpr std::uint64_t first_hidden_id = std::uint64_t{1} << 63;
constexpr bool is_hidden(std::uint64_t id) noexcept { return id >= first_hidden_id; }

#ifdef LEASH_MUTATIONS
bool claim_aside(goroutine& waiter, std::uint64_t word) noexcept;
#endif

#ifndef LEASH_MUTATIONS
static_assert(sizeof(goroutine) == 192,
              "a million goroutines are 64 MB for every line that this grows");
#endif

using goroutine_pool = stable_pool<goroutine, std::size_t{1} << 24>;

// True for exactly one caller a wait: `word` is the word that the wait was parked with. Any thread.
inline bool claim(goroutine& waiter, std::uint64_t word) noexcept {
#ifdef LEASH_MUTATIONS
  if (mutated(rule::claimer_changes_word)) return claim_aside(waiter, word);
#endif
  return waiter.word.compare_exchange_strong(word, with_state(word, wait_state::claimed),
                                             std::memory_order_seq_cst);
}

// Publishes a wait and stores the word that can be claimed, which is returned. Called by the goroutine
// itself, with the operation locks of all targets held. `external`: something that has no handle will
// end it (a timer, the poller), so it is live.
// 0: the goroutine is doomed and has claimed itself; the caller leaves queues and locks as they were
// before and calls make_ready(self). Otherwise, once its locks are released, the caller touches neither
// frame nor operation nor record any more.
[[nodiscard]] std::uint64_t park(goroutine& self, wait_reason reason, const wait_target* targets,
                                 std::size_t count, bool external = false) noexcept;

// Whether the goroutine is to be unwound instead of going on: its context is done or its runtime ends.
// Called by the goroutine itself, before every effect and at every barrier.
bool doomed(const goroutine& self) noexcept;

// For a doomed goroutine that is suspended but has not parked: makes it ready to be unwound.
void unwind_self(goroutine& self) noexcept;

}  // namespace leash::detail
