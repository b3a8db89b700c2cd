#include "sched/leak_patrol.hpp"

#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>
#include <vector>

#include "base/world/gate.hpp"
#include "leak/proof/prove_all.hpp"
#include "leak/report/leak_board.hpp"
#include "leak/suspects/site_history.hpp"
#include "leak/watch/unwind_leaks.hpp"
#include "sched/worker.hpp"

namespace leash::detail {
struct leak_patrol::state {
  state(scheduler& watched, std::chrono::milliseconds period)
      : home(watched), every(period), thread([this] { patrol(); }) {}

  bool is_over_after_a_while(std::unique_lock<std::mutex>& guard) {
    const idle_here idle;
    return changed.wait_for(guard, every, [this] { return over; });
  }

  void patrol() {
    know_this_thread();
    std::unique_lock guard(lock);
    while (!is_over_after_a_while(guard)) {
      guard.unlock();
      look();
      guard.lock();
    }
  }

  void look() noexcept try {
    std::vector<proven_goroutine> proven = prove_all(asked_by::patrol);
    leave_out_mains_at_rest(proven);
    note_sites(proven);
    std::vector<proven_goroutine> ours;
    for (const proven_goroutine& each : proven)
      if (each.record->home.load(std::memory_order_acquire) == &home) ours.push_back(each);
    announce_leaks(ours, nullptr);
    if (home.policy.load(std::memory_order_relaxed) == leak_policy::unwind) unwind(ours);
  } catch (...) {
    return;  // out of memory: the next time, perhaps
  }

  static void unwind(const std::vector<proven_goroutine>& ours) {
    const unwinding_result result = unwind_leaks(ours);
    count_unwound(result.unwound);
    if (result.unwound != 0)
      std::fprintf(stderr, "leash: %zu leaked goroutine%s unwound\n", result.unwound,
                   result.unwound == 1 ? " was" : "s were");
    if (result.refuted)
      std::fputs(
          "leash: a goroutine that was proven to be leaked was woken while they were being "
          "unwound; the others are left alone until they are proven again.\n"
          "Somebody has a pointer that leash cannot see (docs/leak-proof.md, A1 to A3).\n",
          stderr);
  }

  scheduler& home;
  const std::chrono::milliseconds every;
  std::mutex lock;
  std::condition_variable changed;
  bool over = false;
  std::thread thread;
};

leak_patrol::leak_patrol(scheduler& home, std::chrono::milliseconds every)
    : state_(new state(home, every)) {}

leak_patrol::~leak_patrol() {
  {
    const std::lock_guard guard(state_->lock);
    state_->over = true;
  }
  state_->changed.notify_one();
  state_->thread.join();
}

}  // namespace leash::detail
