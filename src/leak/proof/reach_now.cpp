#include "leak/proof/reach_now.hpp"

#include "base/world/gate.hpp"
#include "base/world/raw_system.hpp"
#include "base/world/standing.hpp"
#include "leak/proof/reach.hpp"

// Built without sanitizers, see libraries.cmake.

namespace leash::detail {

[[gnu::noinline]] reach_attempt reach_now(reach& prepared) noexcept {
  // What callers further up keep in registers is on the stack from here on, which begins with this frame: what is below is
  // the proof's own.
  __builtin_unwind_init();
  std::uintptr_t stack = 0;
#if defined(__x86_64__)
  asm volatile("movq %%rsp, %0" : "=r"(stack));
#elif defined(__aarch64__)
  asm volatile("mov %0, sp" : "=r"(stack));
#endif
  reach_attempt attempt;
  const std::int64_t began = raw::nanoseconds();
  stopped_world world;
  attempt.failed = world.failed();
  attempt.culprit = world.culprit();
  attempt.signalled = world.signalled();
  attempt.stood = __atomic_load_n(&arrived_threads, __ATOMIC_SEQ_CST);
  attempt.stopping = world.took();
  // Everything below where it was asked from is the proof's own.
  const known_thread* const self = this_known_thread();
  if (self != nullptr && self->asks_from != 0) stack = self->asks_from;
  if (attempt.failed == refusal::none) attempt.computed = prepared.compute(stack);
  world.resume();
  attempt.pause = raw::nanoseconds() - began;
  return attempt;
}

}  // namespace leash::detail
