#include <benchmark/benchmark.h>

#include <atomic>
#include <cstdlib>
#include <string>

#include <leash/http.hpp>
#include <leash/leash.hpp>

// The HTTP cases that bench/peers/go measures too, under the same names; see bench/README.md. They ask the
// server that LEASH_BENCH_ORIGIN names. What counts is this process's processor time for one operation.

namespace {

using namespace leash;

constexpr runtime_options options{.leaks =
                                      leak_policy::off};  // as many workers as LEASH_MAXPROCS says
constexpr int connections = 64;

// Does `operation` state.max_iterations times, by `goroutines` at once on one client. Their first ones are not
// measured: they open the connections.
template <class Operation>
void measure(benchmark::State& state, int goroutines, Operation operation) {
  const char* origin = std::getenv("LEASH_BENCH_ORIGIN");
  if (origin == nullptr)
    return state.SkipWithError("LEASH_BENCH_ORIGIN is not set: run this with bench/run.py");
  run(
      [&]() -> task<> {
        http::client client;
        std::atomic<std::int64_t> left = goroutines;
        auto work = [&]() -> task<> {
          while (left.fetch_sub(1, std::memory_order_relaxed) > 0)
            co_await operation(client, origin);
        };
        auto work_off = [&]() -> task<> {
          wait_group working;
          for (int i = 0; i < goroutines; ++i) working.go(work);
          co_await working.wait();
        };
        co_await work_off();
        const auto operations = static_cast<std::int64_t>(state.max_iterations);
        while (state.KeepRunningBatch(operations)) {
          left = operations;
          co_await work_off();
        }
      },
      options);
}

void http_get_small(benchmark::State& state) {
  measure(state, connections, [](http::client& client, std::string origin) -> task<> {
    const http::response answer = co_await client.get(origin + "/small");
    benchmark::DoNotOptimize(answer.body.size());
  });
}
BENCHMARK(http_get_small)->MeasureProcessCPUTime();

void http_get_64k(benchmark::State& state) {
  measure(state, connections, [](http::client& client, std::string origin) -> task<> {
    const http::response answer = co_await client.get(origin + "/64k");
    benchmark::DoNotOptimize(answer.body.size());
  });
}
BENCHMARK(http_get_64k)->MeasureProcessCPUTime();

void race_of_two(benchmark::State& state, const char* first, const char* second) {
  measure(state, connections / 2,
          [first, second](http::client& client, std::string origin) -> task<> {
            const auto won = co_await race(client.get(origin + first), client.get(origin + second));
            benchmark::DoNotOptimize(won.index);
          });
}

void http_race_2_cancelled(benchmark::State& state) { race_of_two(state, "/small", "/slow"); }
BENCHMARK(http_race_2_cancelled)->MeasureProcessCPUTime();

void http_race_2_fast(benchmark::State& state) { race_of_two(state, "/small", "/small"); }
BENCHMARK(http_race_2_fast)->MeasureProcessCPUTime();

}  // namespace
BENCHMARK_MAIN();
