#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include <leash/detail/sched/goroutine.hpp>
#include <leash/detail/sched/promise.hpp>

namespace leash::testing {

// Prints what every goroutine waits for, as its record says it. Reads frames without any lock: for a
// program in which nothing moves any more.
inline void print_goroutines() {
  constexpr const char* states[] = {"dead", "active", "waiting", "claimed"};
  auto& pool = detail::goroutine_pool::instance();
  for (std::uint32_t i = 0; i < pool.size(); ++i) {
    detail::goroutine& each = pool[i];
    const std::uint64_t word = each.word.load();
    if (detail::state_of(word) == detail::wait_state::dead) continue;
    std::fprintf(stderr, "%llu %s epoch %llu [%s]%s%s, started at %s:%u",
                 static_cast<unsigned long long>(each.id), states[word & 3],
                 static_cast<unsigned long long>(word >> 2), detail::text_of(each.reason.load()),
                 each.unwind ? " to be unwound" : "", each.is_unwinding() ? ", unwinding" : "",
                 each.created_at.load().file_name(), each.created_at.load().line());
    if (each.top != nullptr)
      std::fprintf(stderr, ", at %s:%u", each.top->where.file_name(), each.top->where.line());
    for (std::uint32_t t = 0; t < each.target_count.load() && t < each.targets.size(); ++t) {
      const detail::object* target = each.targets[t].target.load();
      if (target == nullptr || target->kind == nullptr) continue;
      std::fprintf(stderr, ", %s %p (capabilities %x, %u pins, %u handles)", target->kind->name,
                   static_cast<const void*>(target), each.targets[t].capabilities.load(),
                   std::uint32_t{target->pins}, target->handle_count.load());
    }
    std::fputc('\n', stderr);
  }
}

// Ends the program, and says where every goroutine stands, when `progress()` gives the same for too long.
class watchdog {
 public:
  template <class Progress>
  explicit watchdog(Progress progress, std::chrono::seconds patience = std::chrono::seconds(60))
      : thread_([this, progress = std::move(progress), patience] { watch(progress, patience); }) {}
  watchdog(watchdog&&) = delete;
  ~watchdog() {
    {
      const std::lock_guard guard(lock_);
      over_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }

 private:
  void watch(const std::function<std::uint64_t()>& progress, std::chrono::seconds patience) {
    std::unique_lock guard(lock_);
    std::uint64_t seen = progress();
    while (!changed_.wait_for(guard, patience, [this] { return over_; })) {
      const std::uint64_t now = progress();
      if (now == seen) {
        std::fputs("nothing has happened for too long; where the goroutines stand:\n", stderr);
        print_goroutines();
        std::abort();
      }
      seen = now;
    }
  }

  std::mutex lock_;
  std::condition_variable changed_;
  bool over_ = false;
  std::thread thread_;
};

}  // namespace leash::testing
