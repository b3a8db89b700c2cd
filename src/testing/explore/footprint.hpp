#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include <leash/detail/base/explored.hpp>

namespace leash::detail {

// What a step has used: objects, goroutines that it woke, and what all have in common. Two steps whose footprints do not meet
// can be taken in either order, with the same result.
class footprint {
 public:
  struct trace {
    std::uint64_t what;
    access how;
    std::array<std::uint8_t, 7> nothing{};  // no hole, see run_event
  };

  void add(std::uint64_t what, access how) {
    for (trace& each : traces_)
      if (each.what == what) {
        if (each.how != how) each.how = access::write;
        return;
      }
    traces_.push_back({what, how});
  }
  void add_all(const footprint& other) {
    for (const trace& each : other.traces_) add(each.what, each.how);
    everything_ = everything_ || other.everything_;
  }
  // Somebody can take a step because of it who could not before; or a timer was armed.
  void wake(std::uint64_t who) { woken_.push_back(who); }
  const std::vector<std::uint64_t>& woken() const noexcept { return woken_; }
  // It may have used anything.
  void add_everything() noexcept { everything_ = true; }
  void clear() noexcept {
    traces_.clear();
    woken_.clear();
    everything_ = false;
  }

  bool meets(const footprint& other) const noexcept {
    if (everything_ || other.everything_) return true;
    return std::any_of(traces_.begin(), traces_.end(), [&](const trace& mine) {
      return std::any_of(other.traces_.begin(), other.traces_.end(), [&](const trace& theirs) {
        const bool commute = mine.how == theirs.how && mine.how != access::write;
        return mine.what == theirs.what && !commute;
      });
    });
  }

 private:
  std::vector<trace> traces_;
  std::vector<std::uint64_t> woken_;
  bool everything_ = false;
};

}  // namespace leash::detail
