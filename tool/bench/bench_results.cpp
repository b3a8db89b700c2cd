#include "bench/bench_results.hpp"

#include <numeric>
#include <utility>

namespace leash::tool {
namespace {

// Sentences may hold numbers that differ each time: more than so many are counted together.
constexpr std::size_t most_sentences = 50;

void count_failure(arm_tally& tally, const std::string& sentence) {
  const bool known = tally.failures.contains(sentence) || tally.failures.size() < most_sentences;
  ++tally.failures[known ? sentence : "other failures"];
}

}  // namespace

std::size_t arm_tally::sent() const noexcept {
  return std::accumulate(urls.begin(), urls.end(), std::size_t{0},
                         [](std::size_t sum, const url_tally& each) { return sum + each.sent; });
}

bench_results::bench_results(std::size_t urls, std::size_t expected) {
  for (measured& each : arms_) each.samples.reserve(expected);
  of(arm::alone).tally.urls.resize(1);
  of(arm::racing).tally.urls.resize(urls);
}

void bench_results::begin(arm which) {
  const std::lock_guard lock(mutex_);
  ++of(which).tally.begun;
}

void bench_results::wait(arm which) {
  const std::lock_guard lock(mutex_);
  ++of(which).tally.waited;
}

void bench_results::end(arm which, const race_report& report, std::chrono::nanoseconds latency) {
  const std::lock_guard lock(mutex_);
  arm_tally& tally = of(which).tally;
  for (std::size_t i = 0; i < report.attempts.size(); ++i) {
    const attempt_report& each = report.attempts[i];
    if (each.has_started) ++tally.urls[i].sent;
    if (each.fate == fate::failed) count_failure(tally, each.failure);
  }
  if (report.winner == nobody) {
    ++tally.failed;
    return;
  }
  ++tally.answered;
  ++tally.urls[report.winner].won;
  of(which).samples.push_back(latency);
}

void bench_results::spend(arm which, std::chrono::nanoseconds turn) {
  const std::lock_guard lock(mutex_);
  of(which).tally.busy += turn;
}

void bench_results::hedge(std::chrono::nanoseconds delay) {
  const std::lock_guard lock(mutex_);
  hedge_delay_ = delay;
}

std::optional<std::chrono::nanoseconds> bench_results::hedge_delay() const {
  const std::lock_guard lock(mutex_);
  return hedge_delay_;
}

arm_tally bench_results::tally(arm which) const {
  const std::lock_guard lock(mutex_);
  return of(which).tally;
}

latencies bench_results::sorted(arm which) const {
  std::vector<std::chrono::nanoseconds> samples;
  {
    const std::lock_guard lock(mutex_);
    samples = of(which).samples;
  }
  return latencies(std::move(samples));
}

}  // namespace leash::tool
