#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <set>
#include <source_location>
#include <string>
#include <thread>

namespace leash::detail {

class worker;
class scheduler;

// What a worker tells about itself, for the watchdog. Written by the worker only; relaxed, but for
// `turn`, which is stored last (release) when a turn begins and first when it ends.
struct worker_signs {
  std::atomic<std::uint64_t> turn{0};  // odd while a goroutine runs
  std::atomic<std::uint64_t> goroutine{0};
  std::atomic<std::source_location> started_at{std::source_location{}};
  std::atomic<std::source_location> resumed_at{std::source_location{}};
  std::atomic<int> thread{0};  // the kernel's number of the thread; 0: none
};

// Reports goroutines that hold their worker for longer than a limit: they compute without giving way, or
// they block the thread. Each place is reported once. A thread that wanted to run and was not let is not
// blamed. It sleeps while all workers do.
class watchdog {
 public:
  watchdog(const scheduler& home, std::chrono::milliseconds limit);
  watchdog(watchdog&&) = delete;
  ~watchdog();

  // A worker got up. Any thread; cheap.
  void stir() noexcept {
    if (drowsing_.load(std::memory_order_seq_cst)) wake();
  }

 private:
  using clock = std::chrono::steady_clock;
  struct observation {
    std::uint64_t turn = 0;
    clock::time_point since;
    std::chrono::nanoseconds computed{0};  // processor time of the thread by then
    bool reported = false;
  };

  void wake() noexcept;
  void watch();
  void look_at(const worker& watched, observation& seen, clock::time_point now);
  void report(const worker& watched, const observation& seen, clock::time_point now);

  const scheduler& home_;
  const std::chrono::milliseconds limit_;
  std::set<std::string> reported_places_;
  std::mutex lock_;
  std::condition_variable changed_;
  std::atomic<bool> drowsing_{false};
  bool stop_ = false;  // guarded by lock_
  std::thread thread_;
};

}  // namespace leash::detail
