#pragma once

#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

// Where threads stand while a proof reads the world.
//
// Invariants
// - `world_gate` is odd while the world is being stopped, or stands. A thread that comes to the gate then says where its stack
//   begins, and waits until the number has changed. Workers come to it between two turns, other threads by a signal.
// - A thread that is idle counts as stopped where it said so: between idle_here's constructor and destructor it touches
//   nothing that belongs to goroutines. The destructor takes it back (seq_cst), then looks at the gate (seq_cst); who stops
//   the world closes the gate (seq_cst), then looks who is idle (seq_cst): so one of them sees the other.
// - Below the stack pointer of a thread that stands is nothing, if the bounds of its stack are known. They are known of
//   threads that have said so (know_this_thread): the program may run others on memory of its own, as fibers do.

namespace leash::detail {

extern std::uint32_t world_gate;

// Says where this thread's stack begins, and waits.
void wait_at_gate() noexcept;

inline void pass_gate() noexcept {
  // Relaxed: who misses it now is told by a signal.
  if ((__atomic_load_n(&world_gate, __ATOMIC_RELAXED) & 1) != 0) [[unlikely]]
    wait_at_gate();
}

// A thread with a stack of its own, or a stack alone.
struct known_thread {
  std::uint32_t thread = 0;  // 0: free; no_thread: a stack alone
  std::uintptr_t stack_begin = 0;
  std::uintptr_t stack_end = 0;
  std::uintptr_t rests_from = 0;  // its resting place; 0: it has none. Its own
  std::uintptr_t idle_from = 0;   // where its stack begins while it is idle; 0: it is not
  std::uintptr_t asks_from = 0;   // where it began to ask for a proof; 0: it does not. Its own
};

inline constexpr std::uint32_t no_thread = ~std::uint32_t{0};

// Until this thread ends. Does nothing when it is known already, or when there are very many.
void know_this_thread() noexcept;
// All there may be: those in use have `thread` set. Read with atomic loads.
struct known_threads {
  known_thread* first;
  std::uint32_t count;
};
known_threads all_known_threads() noexcept;

// Of this thread; null: it is not known.
known_thread* this_known_thread() noexcept;

// What callers further up keep in registers, saved where it is declared, and where the stack begins there. Always inlined.
class saved_registers {
 public:
  [[gnu::always_inline]] saved_registers() noexcept {
#if defined(__x86_64__)
    asm volatile(
        "movq %%rbx, 0(%1)\n\tmovq %%rbp, 8(%1)\n\tmovq %%r12, 16(%1)\n\tmovq %%r13, 24(%1)\n\t"
        "movq %%r14, 32(%1)\n\tmovq %%r15, 40(%1)\n\tmovq %%rsp, %0"
        : "=r"(stack_)
        : "r"(registers_)
        : "memory");
#elif defined(__aarch64__)
    asm volatile(
        "stp x19, x20, [%1]\n\tstp x21, x22, [%1, 16]\n\tstp x23, x24, [%1, 32]\n\t"
        "stp x25, x26, [%1, 48]\n\tstp x27, x28, [%1, 64]\n\tstr x29, [%1, 80]\n\tmov %0, sp"
        : "=&r"(stack_)
        : "r"(registers_)
        : "memory");
#endif
  }
  std::uintptr_t stack() const noexcept { return stack_; }

 private:
  std::uintptr_t stack_ = 0;
  std::uintptr_t registers_[11];
};

// Of this thread, as far as it is known. Atomic: who stops the world reads it, and the place was another thread's before.
inline std::uintptr_t rests_from(const known_thread* self) noexcept {
  return self == nullptr ? 0 : __atomic_load_n(&self->rests_from, __ATOMIC_RELAXED);
}

// Where a thread comes back to between what it does: what its stack holds below is, while it is idle, of no use to anybody.
// The first thing in a function that does everything else by calls.
class resting_place {
 public:
  [[gnu::always_inline]] resting_place() noexcept
      : self_(this_known_thread()), outer_(rests_from(self_)) {
    if (self_ != nullptr) __atomic_store_n(&self_->rests_from, here_.stack(), __ATOMIC_RELAXED);
  }
  resting_place(resting_place&&) = delete;
  ~resting_place() {
    if (self_ != nullptr) __atomic_store_n(&self_->rests_from, outer_, __ATOMIC_RELAXED);
  }

 private:
  const saved_registers here_;
  known_thread* const self_;
  const std::uintptr_t outer_;
};

// While it lives, this thread is idle, from its resting place on, or from here on if it has none. Does nothing on a thread
// that is not known. Always inlined.
class idle_here {
 public:
  [[gnu::always_inline]] idle_here() noexcept : self_(this_known_thread()) {
    if (self_ == nullptr) return;
    const std::uintptr_t rests = rests_from(self_);
    const std::uintptr_t from = rests != 0 ? rests : here_.stack();
    __atomic_store_n(&self_->idle_from, from, __ATOMIC_SEQ_CST);
  }
  idle_here(idle_here&&) = delete;
  [[gnu::always_inline]] ~idle_here() {
    if (self_ == nullptr) return;
    __atomic_store_n(&self_->idle_from, 0, __ATOMIC_SEQ_CST);
    if ((__atomic_load_n(&world_gate, __ATOMIC_SEQ_CST) & 1) != 0) [[unlikely]]
      wait_at_gate();
  }

 private:
  const saved_registers here_;
  known_thread* const self_;
};

// Calls body(given). What lies on this thread's stack below is the proof's own meanwhile, and nothing that the program could
// use: for functions that only ask, and keep nothing for somebody else. What body throws comes through.
void ask_from_here(void (*body)(void* given), void* given);
// The same: calls ask(), which gives nothing.
template <class Ask>
void ask_from_here(Ask&& ask) {
  ask_from_here([](void* given) { (*static_cast<std::remove_reference_t<Ask>*>(given))(); },
                const_cast<void*>(static_cast<const void*>(std::addressof(ask))));
}

// While it lives, this thread does not ask: the program's code runs here.
class not_asking {
 public:
  not_asking() noexcept : self_(this_known_thread()) {
    if (self_ != nullptr) before_ = std::exchange(self_->asks_from, 0);
  }
  not_asking(not_asking&&) = delete;
  ~not_asking() {
    if (self_ != nullptr) self_->asks_from = before_;
  }

 private:
  known_thread* const self_;
  std::uintptr_t before_ = 0;
};

// Leaves zeros where the next turn's first function will have its frame: what a turn before has left there would be taken for
// that function's.
void clear_for_turn() noexcept;

// A stack that is no thread's, as a fiber's, or a thread's that fibers of it leave for their own: its bounds, and where it
// begins while nobody runs on it. Does nothing when very many are known.
class known_stack {
 public:
  known_stack() noexcept = default;
  known_stack(std::uintptr_t begin, std::uintptr_t end) noexcept;
  known_stack(known_stack&& other) noexcept : place_(std::exchange(other.place_, nullptr)) {}
  known_stack& operator=(known_stack&& other) noexcept {
    std::swap(place_, other.place_);
    return *this;
  }
  ~known_stack();

  // By who runs on it, and is about to leave it for another, or has come back. Where it ends: nothing is on it but what a
  // signal's handler puts there, of which only what it has interrupted counts.
  void left_at(std::uintptr_t stack) noexcept;
  void entered() noexcept { left_at(0); }

 private:
  known_thread* place_ = nullptr;
};
// That of this thread.
known_stack stack_of_this_thread() noexcept;

// Leaves zeros where the functions that are called next have their frames: what was there before would be taken for theirs.
void clear_stack_below() noexcept;

// The signal that stops threads: SIGRTMIN + 7. Those of leash's own threads that block signals leave it unblocked.
int stop_signal() noexcept;

}  // namespace leash::detail
