#include "bench/load.hpp"

#include <algorithm>
#include <array>
#include <atomic>

#include "bench/load_plan.hpp"

namespace leash::tool {
namespace {

using time_point = std::chrono::steady_clock::time_point;
using namespace std::chrono_literals;

constexpr double hedge_percentile = 95;

struct load {
  const bench_options& options;
  bench_results& results;
  std::array<http::client, arms.size()> clients;
  std::array<semaphore, arms.size()> places;

  const http::client& client_of(arm which) const {
    return clients[static_cast<std::size_t>(which)];
  }
  const semaphore& places_of(arm which) const { return places[static_cast<std::size_t>(which)]; }
};

// Counts how long a turn takes, also one that is cut short.
class turn_clock {
 public:
  turn_clock(bench_results& results, arm who) : results_(results), who_(who), began_(now()) {}
  turn_clock(const turn_clock&) = delete;
  turn_clock& operator=(const turn_clock&) = delete;
  ~turn_clock() { results_.spend(who_, now() - began_); }

 private:
  bench_results& results_;
  arm who_;
  time_point began_;
};

task<> ask(const load& on, const turn& mine, time_point due) {
  on.results.begin(mine.who);
  // In the closed loop there is one for everybody.
  semaphore::permit place = on.places_of(mine.who).try_acquire();
  if (place.is_empty()) {
    on.results.wait(mine.who);
    place = co_await on.places_of(mine.who).acquire();
  }
  race_report report;
  co_await race_urls(mine.asked, on.client_of(mine.who), report);
  on.results.end(mine.who, report, now() - due);
}

task<> closed_loop(const load& on, const turn& mine) {
  const turn_clock clock(on.results, mine.who);
  const auto until = mine.duration > 0ns ? now() + mine.duration : time_point::max();
  std::atomic<std::size_t> taken = 0;
  const auto work = [&]() -> task<> {
    // A counter alone, which guards nothing. However short the time, everybody asks once.
    while (taken.fetch_add(1, std::memory_order_relaxed) < mine.requests) {
      co_await ask(on, mine, now());
      if (now() >= until) break;
    }
  };
  co_await with_scope([&](scope& workers) -> task<> {
    const std::size_t count = std::min(on.options.concurrency, mine.requests);
    for (std::size_t i = 0; i < count; ++i) workers.go(work);
    co_return;
  });
}

// Starts the turn's requests in the scope, from `from` on, and returns when the next turn's time has come.
task<time_point> open_loop(const load& on, const turn& mine, scope& requests, time_point from) {
  const turn_clock clock(on.results, mine.who);
  const auto after = [&](std::size_t count) {
    return from + std::chrono::round<std::chrono::nanoseconds>(
                      std::chrono::duration<double>(static_cast<double>(count) / on.options.rate));
  };
  for (std::size_t i = 0; i < mine.requests; ++i) {
    co_await sleep(after(i) - now());  // gives way also when it is late
    requests.go([&on, &mine, due = after(i)] { return ask(on, mine, due); });
  }
  co_await sleep(after(mine.requests) - now());
  co_return after(mine.requests);
}

void choose_hedge_delay(const load& on, turn& next) {
  const latencies alone = on.results.sorted(arm::alone);
  // Where nobody answered there is nothing to wait for.
  next.asked.hedge_delay = alone.empty() ? 0ns : alone.percentile(hedge_percentile);
  on.results.hedge(next.asked.hedge_delay);
}

task<> closed_load(const load& on, std::vector<turn>& turns) {
  for (turn& each : turns) {
    if (on.options.hedge_at_p95 && each.who == arm::racing) choose_hedge_delay(on, each);
    co_await closed_loop(on, each);
  }
}

task<> open_load(const load& on, std::vector<turn>& turns) {
  auto next = turns.begin();
  time_point from = now();
  if (on.options.hedge_at_p95) {
    co_await with_scope(
        [&](scope& requests) -> task<> { co_await open_loop(on, *next, requests, from); });
    ++next;
    from = now();
  }
  co_await with_scope([&](scope& requests) -> task<> {
    for (; next != turns.end(); ++next) {
      if (on.options.hedge_at_p95 && next->who == arm::racing) choose_hedge_delay(on, *next);
      from = co_await open_loop(on, *next, requests, from);
    }
  });
}

}  // namespace

task<> apply_load(const bench_options& options, bench_results& results) {
  std::vector<turn> turns = plan_load(options);
  const std::size_t places = options.concurrency;
  const load on{options, results, {}, {semaphore(places), semaphore(places)}};
  if (options.rate > 0)
    co_await open_load(on, turns);
  else
    co_await closed_load(on, turns);
}

}  // namespace leash::tool
