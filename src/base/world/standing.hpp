#pragma once

#include <ucontext.h>

#include <cstdint>

// What the threads that stand at the gate have said of themselves.

namespace leash::detail {

struct standing_thread {
  std::uint32_t thread;
  std::uint32_t
      gate;  // who comes late, after a stop that was given up, does not count for the next
  std::uintptr_t stack;       // from here up is what it was doing
  const ucontext_t* context;  // its registers, if a signal stopped it
};

inline constexpr std::uint32_t most_standing_threads = 4096;
extern standing_thread standing_threads[most_standing_threads];
extern std::uint32_t
    arrived_threads;  // how many have come to the gate; the first so many places are theirs

// Where the stack begins of what a signal has interrupted, less the red zone.
inline std::uintptr_t stack_of(const ucontext_t& interrupted) noexcept {
#if defined(__x86_64__)
  return static_cast<std::uintptr_t>(interrupted.uc_mcontext.gregs[REG_RSP]) - 128;
#elif defined(__aarch64__)
  return static_cast<std::uintptr_t>(interrupted.uc_mcontext.sp);
#endif
}

// For who stops the world. Once is enough.
void install_stop_handler() noexcept;

}  // namespace leash::detail
