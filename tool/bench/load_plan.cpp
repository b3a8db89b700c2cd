#include "bench/load_plan.hpp"

#include <algorithm>

namespace leash::tool {
namespace {

using namespace std::chrono_literals;

constexpr double most_pairs = 10;
// A turn is not over before it is warm: each that works has this many requests, or the turn this time.
constexpr double requests_each = 2;
constexpr std::chrono::nanoseconds shortest_turn = 1s;

// As many as fit in, an even number where it is not one alone, so that each arm is first as often.
std::size_t pairs_in(double how_many) {
  const auto pairs = static_cast<std::size_t>(std::clamp(how_many, 1.0, most_pairs));
  return pairs > 1 ? pairs - pairs % 2 : 1;
}

std::size_t pairs_of(const bench_options& options) {
  const auto requests = static_cast<double>(options.requests);
  if (options.duration > 0ns)
    return pairs_in(options.duration / std::chrono::duration<double>(shortest_turn));
  if (options.rate > 0)
    return pairs_in(requests / options.rate / std::chrono::duration<double>(shortest_turn).count());
  return pairs_in(requests / (requests_each * static_cast<double>(options.concurrency)));
}

}  // namespace

std::vector<turn> plan_load(const bench_options& options) {
  race_options alone = options.raced;
  alone.urls.resize(1);
  const std::size_t pairs = pairs_of(options);
  std::vector<turn> turns;
  for (std::size_t i = 0; i < pairs; ++i) {
    const std::size_t requests = options.requests * (i + 1) / pairs - options.requests * i / pairs;
    const std::chrono::nanoseconds duration = options.duration / pairs;
    turn first{arm::alone, requests, duration, alone};
    turn second{arm::racing, requests, duration, options.raced};
    if (i % 2 == 1) std::swap(first, second);
    turns.push_back(std::move(first));
    turns.push_back(std::move(second));
  }
  return turns;
}

}  // namespace leash::tool
