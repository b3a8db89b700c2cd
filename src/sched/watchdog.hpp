#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <thread>

namespace leash::detail {

class worker;
class scheduler;

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
