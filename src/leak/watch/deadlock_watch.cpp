#include "sched/deadlock_watch.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include <unistd.h>

#include <leash/trace.hpp>

#include "leak/proof/local_proof.hpp"
#include "leak/proof/prove_all.hpp"
#include "sched/environment.hpp"
#include "sched/worker.hpp"

namespace leash::detail {
namespace {

// As Go's for a fatal error.
constexpr int exit_status = 2;

[[noreturn]] void end_program() {
  std::fflush(stdout);
  std::string text = "fatal error: all goroutines are asleep - deadlock!\n\n";
  goroutine_text traces(trace_form::each);
  do {
    std::fwrite(text.data(), 1, text.size(), stderr);
    text.clear();
  } while (traces.next(text));
  std::fputs(
      "leash: main waits for what only these goroutines could do, and each of them waits as well.\n"
      "Close the channel, cancel the context or release the lock that main waits for.\n",
      stderr);
  std::fflush(stderr);
  // No destructors of globals: other threads still use them.
  _exit(exit_status);
}

// For time, or I/O: then not all are asleep.
bool somebody_waits_for_the_world(const scheduler& home) noexcept {
  const goroutine_pool& records = goroutine_pool::instance();
  const std::uint32_t end = records.size();
  for (std::uint32_t i = 0; i < end; ++i) {
    const goroutine& each = records[i];
    if (each.home.load(std::memory_order_acquire) == &home &&
        each.external.load(std::memory_order_relaxed) &&
        state_of(each.word.load(std::memory_order_acquire)) == wait_state::waiting)
      return true;
  }
  return false;
}

// Of this runtime there is nobody else than these.
bool are_all_of(const scheduler& home, std::span<const proven_goroutine> proven) {
  const auto ours = std::count_if(proven.begin(), proven.end(), [&](const proven_goroutine& each) {
    return each.record->home.load(std::memory_order_acquire) == &home;
  });
  return ours == home.live();
}

// What the lists of handles show, in a moment and without stopping anybody. In a frame of its own: what it has read is not to
// lie on the stack when the world is looked at.
[[gnu::noinline]] bool seems_to_live(const goroutine& main) noexcept {
  local_proof around_main;
  return !around_main.prove(const_cast<goroutine&>(main)) && !around_main.is_undecided();
}

}  // namespace

clock_time deadlock_watch::look(scheduler& home) noexcept try {
  constexpr int times_as_long = 100;
  const goroutine* main = home.main.load(std::memory_order_acquire);
  if (main == nullptr || proof_here().off) return clock_time::max();
  const bool may_live = seems_to_live(*main);
  const clock_time began = std::chrono::steady_clock::now();
  if (began < next_full_proof_) return next_full_proof_;
  if (may_live && somebody_waits_for_the_world(home)) return clock_time::max();
  const std::vector<proven_goroutine> proven = prove_all();
  const clock_time ended = std::chrono::steady_clock::now();
  const bool main_is_proven = std::any_of(proven.begin(), proven.end(),
                                          [&](const auto& each) { return each.record == main; });
  if (main_is_proven && are_all_of(home, proven)) end_program();
  next_full_proof_ = std::max(began + times_as_long * (ended - began), ended + pause_);
  // What a word left behind has hidden may show a little later; a world that could not be stopped is asked again in any case.
  const bool again = pause_ < longest_pause || last_proof_effort().refused;
  pause_ = std::min(2 * pause_, longest_pause);
  return again ? next_full_proof_ : clock_time::max();
} catch (...) {
  return clock_time::max();  // out of memory: the next time, perhaps
}

}  // namespace leash::detail
