#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

namespace leash::detail {

// How long one turn of a goroutine takes on this worker, by the means of the turns between two looks at the poller.
// It follows longer ones faster than shorter ones. A long one counts only when the next is long too: the thread may
// just have been preempted. Used by one thread.
class turn_estimate {
 public:
  using clock = std::chrono::steady_clock;

  void count_turn() noexcept { ++turns_; }

  // Before the poller is looked at, or before sleep.
  void turns_end(clock::time_point now = clock::now()) noexcept {
    if (turns_ == 0) return;
    const clock::duration mean = std::min((now - began_) / turns_, longest);
    const clock::duration lasting = std::min(mean, std::exchange(last_, mean));
    one_ += (lasting - one_) / (lasting > one_ ? 2 : 4);
    turns_ = 0;
  }

  // After that.
  void turns_begin(clock::time_point now = clock::now()) noexcept {
    began_ = now;
    turns_ = 0;
  }

  clock::time_point began() const noexcept { return began_; }

  // Somebody found that out.
  void expect_long() noexcept { one_ = longest; }

  clock::duration of(std::uint32_t turns) const noexcept { return one_ * turns; }

 private:
  static constexpr clock::duration longest = std::chrono::microseconds(400);

  clock::duration one_ = longest;  // nothing is known yet
  clock::duration last_ = longest;
  clock::time_point began_ = clock::now();
  std::uint32_t turns_ = 0;
};

}  // namespace leash::detail
