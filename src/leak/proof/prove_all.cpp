#include "leak/proof/prove_all.hpp"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <mutex>
#include <new>
#include <thread>

#include <fmt/format.h>

#include <leash/detail/base/sanitizer.hpp>

#include "base/world/gate.hpp"
#include "leak/proof/reach.hpp"
#include "leak/proof/reach_now.hpp"
#include "sched/environment.hpp"
#include "sched/worker.hpp"

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

// Who proves without rest must not keep others from running: these get as much time as they were held up for.
class held_up {
 public:
  using clock = std::chrono::steady_clock;

  void let_others_run() const { std::this_thread::sleep_until(until_); }
  void ended(const reach_attempt& last) noexcept {
    if (last.stood != 0) until_ = clock::now() + std::chrono::nanoseconds(last.pause);
  }

 private:
  clock::time_point until_;
};

std::mutex proving;
proof_effort effort;  // guarded by it

// Prepares, and stops the world, until what was prepared was enough.
reach_attempt attempt_with(reach& used) {
  constexpr int most_attempts = 8;
  reach_attempt attempt;
  for (int i = 0; i < most_attempts; ++i) {
    if (!used.prepare()) throw std::bad_alloc();
    attempt = reach_now(used);
    if (attempt.computed || attempt.failed != refusal::none) break;
  }
  return attempt;
}

// For how long the world would stand: that grows with the memory in use.
std::chrono::nanoseconds estimated_pause() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t all = 0;
  std::uint64_t resident = 0;
  std::uint64_t shared = 0;
  file >> all >> resident >> shared;
  if (!file || shared > resident) return {};
  const auto bytes =
      static_cast<double>((resident - shared) * static_cast<std::uint64_t>(getpagesize()));
  // Measured: 75 ms for each GB, unless the last proof tells how long they take here.
  constexpr std::size_t tells = std::size_t{16} << 20;
  constexpr double usual = 0.075;
  const double each = effort.bytes < tells
                          ? usual
                          : static_cast<double>(effort.pause) / static_cast<double>(effort.bytes);
  return std::chrono::nanoseconds(static_cast<std::int64_t>(bytes * each));
}

// Asks nobody else, and says so once.
bool is_within_budget() {
  // What a sanitizer has in memory is not gone through.
  if (LEASH_SANITIZED != 0) return true;
  const std::chrono::nanoseconds budget = proof_here().budget;
  const std::chrono::nanoseconds pause = estimated_pause();
  if (pause <= budget) return true;
  static std::atomic<bool> said{false};
  if (said.exchange(true, std::memory_order_relaxed)) return false;
  const std::string text = fmt::format(
      "leash: leaks are looked for only when asked, at the end and when all are asleep: it would "
      "hold the program up for some {} ms, and the budget is {} ms. LEASH_PROOF=50ms sets another; "
      "leaks() asks.\n",
      std::chrono::ceil<std::chrono::milliseconds>(pause).count(),
      std::chrono::duration_cast<std::chrono::milliseconds>(budget).count());
  std::fwrite(text.data(), 1, text.size(), stderr);
  return false;
}

[[gnu::noinline]] std::vector<proven_goroutine> prove_here(asked_by who) {
  constexpr std::chrono::milliseconds first_wait(10);
  const std::chrono::milliseconds longest_wait(who == asked_by::drop ? 20 : 160);
  const std::lock_guard guard(proving);
  if (proof_here().off || (who != asked_by::program && !is_within_budget())) {
    effort.refused = true;
    return {};
  }
  static auto& used = *new reach;
  static held_up last;
  last.let_others_run();
  reach_attempt attempt = attempt_with(used);
  for (auto wait = first_wait; attempt.failed == refusal::no_answer && wait <= longest_wait;
       wait *= 2) {
    std::this_thread::sleep_for(wait);
    attempt = attempt_with(used);
  }
  last.ended(attempt);
  effort = {.refused = !attempt.computed,
            .waiting = used.last_effort().waiting,
            .blocks = used.last_effort().blocks,
            .bytes = used.last_effort().bytes,
            .signalled = attempt.signalled,
            .stopping = attempt.stopping,
            .pause = attempt.pause};
  std::vector<proven_goroutine> all;
  if (!attempt.computed) {
    if (attempt.failed == refusal::none) attempt.failed = refusal::no_listing;
    if (attempt.failed != refusal::no_answer || who != asked_by::drop) say_once(attempt);
    return all;
  }
  for (const reach::leaked& each : used) all.push_back({each.record, each.word, each.pinned});
  return all;
}

}  // namespace

std::vector<proven_goroutine> prove_all(asked_by who) {
  std::vector<proven_goroutine> found;
  ask_from_here([&found, who] { found = prove_here(who); });
  return found;
}

proof_effort last_proof_effort() noexcept {
  const std::lock_guard guard(proving);
  return effort;
}

void leave_out_mains_at_rest(std::vector<proven_goroutine>& proven) {
  for (const goroutine* main : mains()) {
    if (main->reason.load(std::memory_order_acquire) != wait_reason::select_no_cases) continue;
    if (const proven_goroutine* at = find_proven(proven, main))
      proven.erase(proven.begin() + (at - proven.data()));
  }
}

}  // namespace leash::detail
