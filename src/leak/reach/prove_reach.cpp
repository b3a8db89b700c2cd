#include "leak/reach/prove_reach.hpp"

#include <atomic>
#include <cstdio>
#include <fstream>
#include <mutex>
#include <new>

#include <fmt/format.h>

#include "base/world/gate.hpp"
#include "leak/reach/reach.hpp"
#include "leak/reach/reach_now.hpp"

namespace leash::detail {
namespace {

std::string name_of_thread(int thread) {
  std::string name;
  std::ifstream file(fmt::format("/proc/self/task/{}/comm", thread));
  std::getline(file, name);
  return name.empty() ? fmt::format("thread {}", thread)
                      : fmt::format("thread {} ({})", thread, name);
}

std::string sentence_about(const reach_attempt& failed) {
  switch (failed.failed) {
    case refusal::blocked_signal:
      return fmt::format(
          "{} blocks signal {} (SIGRTMIN + 7), by which leash stops threads for a moment: leave "
          "that signal unblocked",
          name_of_thread(failed.culprit), stop_signal());
    case refusal::no_answer:
      return fmt::format(
          "{} did not stop within 10 ms: it cannot be interrupted in what it does, or gets no "
          "processor",
          name_of_thread(failed.culprit));
    case refusal::no_listing:
      return "/proc/self/task or /proc/self/maps cannot be read: mount /proc, and let the sandbox "
             "allow it";
    case refusal::many_threads:
      return "there are more than 4096 threads";
    case refusal::none:
      return {};
  }
  return {};
}

// Once for each reason: a patrol would say it again and again.
void say_once(const reach_attempt& failed) {
  static std::atomic<std::uint32_t> said{0};
  const std::uint32_t bit = std::uint32_t{1} << static_cast<unsigned>(failed.failed);
  if ((said.fetch_or(bit, std::memory_order_relaxed) & bit) != 0) return;
  const std::string text =
      fmt::format("leash: leaks cannot be proven now, for {}.\n", sentence_about(failed));
  std::fwrite(text.data(), 1, text.size(), stderr);
}

std::mutex proving;
reach_effort effort;  // guarded by it

}  // namespace

namespace {

[[gnu::noinline]] std::vector<unreachable_goroutine> prove_here() {
  constexpr int most_attempts = 8;
  const std::lock_guard guard(proving);
  static auto& used = *new reach;
  reach_attempt attempt;
  for (int i = 0; i < most_attempts; ++i) {
    if (!used.prepare()) throw std::bad_alloc();
    attempt = reach_now(used);
    if (attempt.computed || attempt.failed != refusal::none) break;
  }
  effort = {.waiting = used.last_effort().waiting,
            .blocks = used.last_effort().blocks,
            .bytes = used.last_effort().bytes,
            .signalled = attempt.signalled,
            .stopping = attempt.stopping,
            .pause = attempt.pause};
  std::vector<unreachable_goroutine> all;
  if (!attempt.computed) {
    if (attempt.failed == refusal::none) attempt.failed = refusal::no_listing;
    say_once(attempt);
    return all;
  }
  for (const reach::leaked& each : used) all.push_back({each.record, each.word, each.pinned});
  return all;
}

}  // namespace

std::vector<unreachable_goroutine> prove_reach() {
  know_this_thread();
  clear_stack_below();
  return prove_here();
}

reach_effort last_reach_effort() noexcept {
  const std::lock_guard guard(proving);
  return effort;
}

}  // namespace leash::detail
