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

// Of this runtime there is nobody else than these.
bool are_all_of(const scheduler& home, std::span<const proven_goroutine> proven) {
  const auto ours = std::count_if(proven.begin(), proven.end(), [&](const proven_goroutine& each) {
    return each.record->home.load(std::memory_order_acquire) == &home;
  });
  return ours == home.live();
}

}  // namespace

clock_time deadlock_watch::look(scheduler& home) noexcept try {
  constexpr int times_as_long = 100;
  const goroutine* main = home.main.load(std::memory_order_acquire);
  if (main == nullptr) return clock_time::max();
  local_proof around_main;
  if (!around_main.prove(const_cast<goroutine&>(*main)) && !around_main.is_undecided())
    return clock_time::max();
  const clock_time began = std::chrono::steady_clock::now();
  if (began < next_full_proof_) return next_full_proof_;
  const std::vector<proven_goroutine> proven = prove_all();
  next_full_proof_ = began + times_as_long * (std::chrono::steady_clock::now() - began);
  const bool main_is_proven = std::any_of(proven.begin(), proven.end(),
                                          [&](const auto& each) { return each.record == main; });
  if (main_is_proven && are_all_of(home, proven)) end_program();
  return clock_time::max();
} catch (...) {
  return clock_time::max();  // out of memory: the next time, perhaps
}

}  // namespace leash::detail
