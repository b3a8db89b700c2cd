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
    if (place != nullptr) __atomic_store_n(&place->thread, 0, __ATOMIC_SEQ_CST);
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

[[gnu::noinline]] known_thread* this_known_thread() noexcept { return own.place; }

}  // namespace leash::detail
