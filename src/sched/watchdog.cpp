#include "watchdog.hpp"

#include <cstdio>
#include <fstream>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "base/world/gate.hpp"
#include "worker.hpp"

#include <leash/detail/base/function_name.hpp>

namespace leash::detail {
namespace {

// From /proc/self/task/ID: how the thread is ('R': it runs or would like to), and the processor time
// that it has used. None when it has ended.
struct thread_status {
  char state;
  std::chrono::nanoseconds computed;
};

std::optional<thread_status> status_of(int thread) {
  const std::string folder = fmt::format("/proc/self/task/{}/", thread);
  std::string line;
  if (!std::getline(std::ifstream(folder + "stat"), line)) return std::nullopt;
  const std::size_t name_end = line.rfind(") ");
  if (name_end == std::string::npos || name_end + 2 >= line.size()) return std::nullopt;
  std::int64_t computed = 0;
  std::ifstream(folder + "schedstat") >> computed;
  return thread_status{line[name_end + 2], std::chrono::nanoseconds(computed)};
}

std::string place(const std::source_location& at) {
  return fmt::format("{}:{} in {}", at.file_name(), at.line(),
                     function_name(at.function_name()).view());
}

}  // namespace

watchdog::watchdog(const scheduler& home, std::chrono::milliseconds limit)
    : home_(home), limit_(limit), thread_([this] { watch(); }) {}

watchdog::~watchdog() {
  {
    const std::lock_guard guard(lock_);
    stop_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void watchdog::wake() noexcept {
  const std::lock_guard guard(lock_);
  drowsing_.store(false, std::memory_order_relaxed);
  changed_.notify_one();
}

void watchdog::watch() {
  std::vector<observation> seen(home_.workers.size());
  know_this_thread();
  std::unique_lock guard(lock_);
  while (!stop_) {
    {
      const idle_here idle;
      changed_.wait_for(guard, limit_ / 4, [this] { return stop_; });
    }
    if (stop_) return;
    guard.unlock();
    const clock::time_point now = clock::now();
    for (std::size_t i = 0; i < seen.size(); ++i) look_at(*home_.workers[i], seen[i], now);
    guard.lock();
    // Against a worker that gets up: it is not counted as asleep any more, then reads `drowsing_`.
    drowsing_.store(true, std::memory_order_seq_cst);
    if (home_.all_asleep()) {
      const idle_here idle;
      changed_.wait(guard, [this] { return stop_ || !drowsing_.load(std::memory_order_relaxed); });
    }
    drowsing_.store(false, std::memory_order_relaxed);
  }
}

void watchdog::look_at(const worker& watched, observation& seen, clock::time_point now) {
  const std::uint64_t turn = watched.signs.turn.load(std::memory_order_acquire);
  if (turn % 2 == 0) return;
  const int thread = watched.signs.thread.load(std::memory_order_relaxed);
  if (turn != seen.turn) {
    const auto status = status_of(thread);
    seen = {turn, now, status ? status->computed : std::chrono::nanoseconds(0), false};
    return;
  }
  if (seen.reported || now - seen.since < limit_) return;
  const auto status = status_of(thread);
  if (!status) return;
  const bool starved = status->state == 'R' && status->computed - seen.computed < limit_ / 2;
  if (starved) return;
  report(watched, seen, now);
  seen.reported = true;
}

void watchdog::report(const worker& watched, const observation& seen, clock::time_point now) {
  constexpr std::size_t most_places = 64;
  const worker_signs& signs = watched.signs;
  const goroutine* runs = signs.runs.load(std::memory_order_acquire);
  const std::uint64_t number = runs->id.load(std::memory_order_acquire);
  const std::string at = place(signs.resumed_at.load(std::memory_order_acquire));
  const std::string from = place(runs->created_at.load(std::memory_order_acquire));
  // What was read belongs to the turn only if that is still the same.
  if (signs.turn.load(std::memory_order_seq_cst) != seen.turn) return;
  if (reported_places_.size() >= most_places || !reported_places_.insert(at).second) return;
  const auto held = std::chrono::duration_cast<std::chrono::milliseconds>(now - seen.since);
  const std::string text = fmt::format(
      "leash: goroutine {} has held its worker for {} ms; others may wait for it:\n"
      "  resumed at {}\n  started at {}\n"
      "Give way in long loops (co_await this_goroutine::yield()), and let calls that block run on "
      "a thread of their own.\n",
      number, held.count(), at, from);
  std::fputs(text.c_str(), stderr);
}

}  // namespace leash::detail
