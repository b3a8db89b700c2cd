#pragma once

#include <atomic>
#include <cstdint>

namespace leash::detail {

// Tells the processor that this thread waits for another one.
inline void pause_processor() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// A lock for sections of a few dozen instructions. Not recursive, not fair; it satisfies Lockable.
// It is trivially destructible and lives in type-stable memory: a late locker of a recycled object
// finds a lock, never a half-made one.
class spin_lock {
 public:
  void lock() noexcept {
    if (held_.exchange(1, std::memory_order_acquire) != 0) lock_slow();
  }
  bool try_lock() noexcept {
    return held_.load(std::memory_order_relaxed) == 0 &&
           held_.exchange(1, std::memory_order_acquire) == 0;
  }
  void unlock() noexcept { held_.store(0, std::memory_order_release); }

 private:
  void lock_slow() noexcept;

  std::atomic<std::uint32_t> held_{0};
};

}  // namespace leash::detail
