#include "base/world/gate.hpp"

#include <pthread.h>
#include <signal.h>
#include <ucontext.h>

#include <cerrno>

#include <leash/detail/base/spin_lock.hpp>

#include "base/world/raw_system.hpp"
#include "base/world/standing.hpp"

// What runs in the handler is built without sanitizers (see libraries.cmake): the signal comes at any moment, also while one of
// them holds a lock.

extern "C" {

// Saves the registers that a call keeps for its caller where nothing else lies, and calls leash_asked with where that is. A
// frame that a compiler makes has holes, in which old words lie.
__attribute__((visibility("hidden"))) void leash_ask_from_here(void (*body)(void*), void* given);

__attribute__((visibility("hidden"))) void leash_asked(void (*body)(void*), void* given,
                                                       std::uintptr_t stack) {
  leash::detail::know_this_thread();
  leash::detail::known_thread* const self = leash::detail::this_known_thread();
  if (self == nullptr || self->asks_from != 0) return body(given);
  struct asking {
    explicit asking(leash::detail::known_thread& of, std::uintptr_t from) noexcept : who(&of) {
      who->asks_from = from;
    }
    asking(asking&&) = delete;
    ~asking() { who->asks_from = 0; }
    leash::detail::known_thread* who;
  } const while_it_lasts(*self, stack);
  body(given);
}

#if defined(__x86_64__)
asm(R"(
.text
.type leash_ask_from_here, @function
.hidden leash_ask_from_here
.globl leash_ask_from_here
leash_ask_from_here:
  .cfi_startproc
  pushq %rbp
  .cfi_def_cfa_offset 16
  .cfi_offset %rbp, -16
  pushq %rbx
  .cfi_def_cfa_offset 24
  .cfi_offset %rbx, -24
  pushq %r12
  .cfi_def_cfa_offset 32
  .cfi_offset %r12, -32
  pushq %r13
  .cfi_def_cfa_offset 40
  .cfi_offset %r13, -40
  pushq %r14
  .cfi_def_cfa_offset 48
  .cfi_offset %r14, -48
  pushq %r15
  .cfi_def_cfa_offset 56
  .cfi_offset %r15, -56
  pushq %rbp
  .cfi_def_cfa_offset 64
  movq %rsp, %rdx
  callq leash_asked
  popq %rbp
  .cfi_def_cfa_offset 56
  popq %r15
  .cfi_def_cfa_offset 48
  popq %r14
  .cfi_def_cfa_offset 40
  popq %r13
  .cfi_def_cfa_offset 32
  popq %r12
  .cfi_def_cfa_offset 24
  popq %rbx
  .cfi_def_cfa_offset 16
  popq %rbp
  .cfi_def_cfa_offset 8
  retq
  .cfi_endproc
.size leash_ask_from_here, . - leash_ask_from_here
)");
#elif defined(__aarch64__)
asm(R"(
.text
.type leash_ask_from_here, @function
.hidden leash_ask_from_here
.globl leash_ask_from_here
leash_ask_from_here:
  .cfi_startproc
  stp x29, x30, [sp, #-96]!
  .cfi_def_cfa_offset 96
  .cfi_offset x29, -96
  .cfi_offset x30, -88
  stp x19, x20, [sp, #16]
  .cfi_offset x19, -80
  .cfi_offset x20, -72
  stp x21, x22, [sp, #32]
  .cfi_offset x21, -64
  .cfi_offset x22, -56
  stp x23, x24, [sp, #48]
  .cfi_offset x23, -48
  .cfi_offset x24, -40
  stp x25, x26, [sp, #64]
  .cfi_offset x25, -32
  .cfi_offset x26, -24
  stp x27, x28, [sp, #80]
  .cfi_offset x27, -16
  .cfi_offset x28, -8
  mov x2, sp
  bl leash_asked
  ldp x27, x28, [sp, #80]
  ldp x25, x26, [sp, #64]
  ldp x23, x24, [sp, #48]
  ldp x21, x22, [sp, #32]
  ldp x19, x20, [sp, #16]
  ldp x29, x30, [sp], #96
  .cfi_def_cfa_offset 0
  .cfi_restore x19
  .cfi_restore x20
  .cfi_restore x21
  .cfi_restore x22
  .cfi_restore x23
  .cfi_restore x24
  .cfi_restore x25
  .cfi_restore x26
  .cfi_restore x27
  .cfi_restore x28
  .cfi_restore x29
  .cfi_restore x30
  ret
  .cfi_endproc
.size leash_ask_from_here, . - leash_ask_from_here
)");
#endif

}  // extern "C"

namespace leash::detail {

constinit std::uint32_t world_gate = 0;
constinit std::uint32_t arrived_threads = 0;
constinit standing_thread standing_threads[most_standing_threads] = {};

namespace {

constexpr std::uint32_t most_known = 4096;
constinit known_thread known[most_known] = {};
constinit std::uint32_t known_count = 0;
constinit spin_lock known_lock;

// Gives the place back when the thread ends.
struct own_place {
  known_thread* place = nullptr;
  ~own_place() {
    if (place == nullptr) return;
    // The C library keeps stacks for threads to come; what is left on this one would be taken for theirs.
    clear_stack_below();
    __atomic_store_n(&place->thread, 0, __ATOMIC_SEQ_CST);
  }
};
thread_local own_place own;

// Null: there is no place left.
known_thread* know(std::uint32_t thread, std::uintptr_t begin, std::uintptr_t end) noexcept {
  known_thread* place = nullptr;
  known_lock.lock();
  std::uint32_t i = 0;
  while (i < known_count && __atomic_load_n(&known[i].thread, __ATOMIC_SEQ_CST) != 0) ++i;
  if (i < most_known) {
    place = &known[i];
    place->stack_begin = begin;
    place->stack_end = end;
    place->rests_from = 0;
    place->idle_from = 0;
    place->asks_from = 0;
    __atomic_store_n(&place->thread, thread, __ATOMIC_SEQ_CST);
    if (i == known_count) __atomic_store_n(&known_count, i + 1, __ATOMIC_SEQ_CST);
  }
  known_lock.unlock();
  return place;
}

[[gnu::noinline]] void stand(std::uintptr_t stack, const ucontext_t* context) noexcept {
  const std::uint32_t gate = __atomic_load_n(&world_gate, __ATOMIC_SEQ_CST);
  if ((gate & 1) == 0) return;
  const std::uint32_t number = __atomic_fetch_add(&arrived_threads, 1, __ATOMIC_SEQ_CST);
  if (number < most_standing_threads) {
    standing_thread& place = standing_threads[number];
    place.stack = stack;
    place.context = context;
    place.gate = gate;
    __atomic_store_n(&place.thread, static_cast<std::uint32_t>(raw::this_thread()),
                     __ATOMIC_SEQ_CST);
    raw::futex_wake(&arrived_threads, 1);
  }
  while (__atomic_load_n(&world_gate, __ATOMIC_SEQ_CST) == gate) raw::futex_wait(&world_gate, gate);
}

// What was interrupted begins at its stack pointer, less the red zone. The signal's own frame is not looked at as a whole: the
// kernel leaves gaps in it, with what was there before.
void on_stop(int, siginfo_t*, void* given) {
  const int kept = errno;
  const auto* context = static_cast<const ucontext_t*>(given);
  // Perhaps the world is to stop again before this thread got to go on: it stands already.
  while ((__atomic_load_n(&world_gate, __ATOMIC_SEQ_CST) & 1) != 0)
    stand(stack_of(*context), context);
  errno = kept;
}

}  // namespace

int stop_signal() noexcept { return SIGRTMIN + 7; }

void install_stop_handler() noexcept {
  static bool installed = false;
  if (installed) return;
  installed = true;
  // What the kernel takes, for sanitizers put a function of theirs in the place of a handler, which waits for a better moment.
  struct kernel_action {
    void (*handler)(int, siginfo_t*, void*);
    unsigned long flags;
    void (*restorer)();
    std::uint64_t mask;
  };
  // The C library knows how a handler is left, and says so to debuggers.
  struct sigaction usual{};
  usual.sa_sigaction = on_stop;
  usual.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
  sigfillset(&usual.sa_mask);
  sigaction(stop_signal(), &usual, nullptr);
  kernel_action action{};
  ::syscall(SYS_rt_sigaction, stop_signal(), nullptr, &action, sizeof(action.mask));
  action.handler = on_stop;
  action.mask = ~std::uint64_t{0};
  ::syscall(SYS_rt_sigaction, stop_signal(), &action, nullptr, sizeof(action.mask));
}

[[gnu::noinline]] void wait_at_gate() noexcept {
  __builtin_unwind_init();  // registers that this call keeps for its caller go onto the stack
  constexpr std::uintptr_t red_zone = 128;
  stand(reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)) - red_zone, nullptr);
}

[[gnu::noinline]] void know_this_thread() noexcept {
  if (own.place != nullptr) return;
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return;
  void* begin = nullptr;
  std::size_t bytes = 0;
  pthread_attr_getstack(&attributes, &begin, &bytes);
  pthread_attr_destroy(&attributes);
  const auto from = reinterpret_cast<std::uintptr_t>(begin);
  own.place = know(static_cast<std::uint32_t>(raw::this_thread()), from, from + bytes);
}

known_stack::known_stack(std::uintptr_t begin, std::uintptr_t end) noexcept
    : place_(know(no_thread, begin, end)) {}

known_stack::~known_stack() {
  if (place_ != nullptr) __atomic_store_n(&place_->thread, 0, __ATOMIC_SEQ_CST);
}

void known_stack::left_at(std::uintptr_t stack) noexcept {
  if (place_ != nullptr) __atomic_store_n(&place_->idle_from, stack, __ATOMIC_SEQ_CST);
}

known_stack stack_of_this_thread() noexcept {
  know_this_thread();
  if (own.place == nullptr) return {};
  return {own.place->stack_begin, own.place->stack_end};
}

known_threads all_known_threads() noexcept {
  return {known, __atomic_load_n(&known_count, __ATOMIC_SEQ_CST)};
}

[[gnu::noinline]] void clear_stack_below() noexcept {
  volatile std::uintptr_t words[1024];
  for (volatile std::uintptr_t& each : words) each = 0;
}

[[gnu::noinline]] void clear_for_turn() noexcept {
  constexpr std::size_t enough = 384;
  alignas(16) char bytes[enough];
#if defined(__clang__)
  __builtin_memset_inline(bytes, 0, sizeof(bytes));
#else
  __builtin_memset(bytes, 0, sizeof(bytes));
#endif
  asm volatile("" : : "r"(bytes) : "memory");
}

void ask_from_here(void (*body)(void* given), void* given) { leash_ask_from_here(body, given); }

[[gnu::noinline]] known_thread* this_known_thread() noexcept { return own.place; }

}  // namespace leash::detail
