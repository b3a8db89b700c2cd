#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <leash/blocking.hpp>

namespace leash::testing {

// A thread passes when somebody has opened it.
class gate {
 public:
  void open() {
    {
      const std::lock_guard guard(lock_);
      open_ = true;
    }
    changed_.notify_all();
  }
  void pass() {
    std::unique_lock guard(lock_);
    ++arrived;
    changed_.wait(guard, [this] { return open_; });
  }
  std::atomic<int> arrived{0};

 private:
  std::mutex lock_;
  std::condition_variable changed_;
  bool open_ = false;
};

// Other limits while it lives. The threads of before are gone first.
class other_limits {
 public:
  explicit other_limits(const blocking_limits& limits) {
    set_blocking_limits({.threads = 1, .idle = std::chrono::milliseconds(0)});
    while (blocking_threads() != 0) std::this_thread::yield();
    set_blocking_limits(limits);
  }
  other_limits(other_limits&&) = delete;
  ~other_limits() { set_blocking_limits({}); }
};

}  // namespace leash::testing
