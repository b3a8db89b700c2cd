#include <leash/detail/base/spin_lock.hpp>

#include <sched.h>

namespace leash::detail {

void spin_lock::lock_slow() noexcept {
  // A holder that lost its processor cannot be spun out: after a while the waiter gives way.
  constexpr int spins_before_yield = 100;
  int spins = 0;
  do {
    while (held_.load(std::memory_order_relaxed) != 0) {
      if (++spins < spins_before_yield) {
        pause_processor();
      } else {
        sched_yield();
        spins = 0;
      }
    }
  } while (held_.exchange(1, std::memory_order_acquire) != 0);
}

}  // namespace leash::detail
