#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace leash::tool {

// Latencies by rising length, every one that was measured: what is said about them is exact.
class latencies {
 public:
  latencies() = default;
  explicit latencies(std::vector<std::chrono::nanoseconds> measured)
      : sorted_(std::move(measured)) {
    std::sort(sorted_.begin(), sorted_.end());
  }

  bool empty() const noexcept { return sorted_.empty(); }
  std::size_t size() const noexcept { return sorted_.size(); }
  // The one with so many shorter ones.
  std::chrono::nanoseconds operator[](std::size_t rank) const { return sorted_[rank]; }

  // The shortest that is no shorter than that share, over 0 and up to 100, of them. There must be one.
  std::chrono::nanoseconds percentile(double percent) const {
    // 99.9 % of 1000 is 999, which binary fractions miss by a little.
    const double count = percent / 100 * static_cast<double>(size());
    const auto rank = static_cast<std::size_t>(std::ceil(count - 1e-9 * count));
    return sorted_[std::clamp<std::size_t>(rank, 1, size()) - 1];
  }

 private:
  std::vector<std::chrono::nanoseconds> sorted_;
};

}  // namespace leash::tool
