#include <benchmark/benchmark.h>
#include <unistd.h>

#include <fstream>

#include <leash/leash.hpp>

// The cases that bench/peers/go measures too, under the same names; see bench/README.md. Each case runs
// its whole loop inside one runtime with two workers, and reports the time of one operation.

namespace {

using namespace leash;

constexpr runtime_options two_workers{.processors = 2, .leaks = leak_policy::off};
constexpr int batch = 1000;

// Runs `body`, a coroutine that does `batch` operations, once an iteration.
template <class Body>
void measure(benchmark::State& state, Body body) {
  run(
      [&]() -> task<> {
        while (state.KeepRunningBatch(batch)) co_await body();
      },
      two_workers);
}

void spawn(benchmark::State& state) {
  measure(state, []() -> task<> {
    channel<> ended(batch);
    for (int i = 0; i < batch; ++i)
      go([](send_channel<> out) -> task<> { co_await out.send(); }, ended.sender());
    for (int i = 0; i < batch; ++i) co_await ended.receive();
  });
}
BENCHMARK(spawn)->UseRealTime();

task<> echo(receive_channel<int> in, send_channel<int> out) {
  while (auto value = co_await in.receive()) co_await out.send(*value);
}

void ping_pong(benchmark::State& state) {
  run(
      [&]() -> task<> {
        channel<int> there;
        channel<int> back;
        go(echo, there.receiver(), back.sender());
        while (state.KeepRunning()) {
          co_await there.send(1);
          co_await back.receive();
        }
        there.close();
      },
      two_workers);
}
BENCHMARK(ping_pong)->UseRealTime();

task<> drain(receive_channel<int> in) {
  while (auto value = co_await in.receive()) benchmark::DoNotOptimize(*value);
}

void send_to_drain(benchmark::State& state, std::size_t capacity) {
  run(
      [&]() -> task<> {
        channel<int> values(capacity);
        go(drain, values.receiver());
        while (state.KeepRunning()) co_await values.send(1);
        values.close();
      },
      two_workers);
}

void one_way(benchmark::State& state) { send_to_drain(state, 0); }
BENCHMARK(one_way)->UseRealTime();

void buffered_128(benchmark::State& state) { send_to_drain(state, 128); }
BENCHMARK(buffered_128)->UseRealTime();

void uncontended(benchmark::State& state) {
  run(
      [&]() -> task<> {
        channel<int> values(1);
        while (state.KeepRunning()) {
          co_await values.send(1);
          co_await values.receive();
        }
      },
      two_workers);
}
BENCHMARK(uncontended)->UseRealTime();

void select_2(benchmark::State& state) {
  run(
      [&]() -> task<> {
        channel<int> left(1);
        channel<int> right(1);
        std::optional<int> value;
        for (bool odd = false; state.KeepRunning(); odd = !odd) {
          co_await (odd ? left : right).send(1);
          co_await select(on_receive(left, value), on_receive(right, value));
        }
      },
      two_workers);
}
BENCHMARK(select_2)->UseRealTime();

void select_default(benchmark::State& state) {
  run(
      [&]() -> task<> {
        channel<int> empty;
        std::optional<int> value;
        while (state.KeepRunning()) co_await select(on_receive(empty, value), otherwise());
      },
      two_workers);
}
BENCHMARK(select_default)->UseRealTime();

task<> answer(send_channel<int> out) { co_await out.send(1); }

void race_2_buffered(benchmark::State& state) {
  run(
      [&]() -> task<> {
        while (state.KeepRunning()) {
          channel<int> answers(2);
          go(answer, answers.sender());
          go(answer, answers.sender());
          co_await answers.receive();
        }
      },
      two_workers);
}
BENCHMARK(race_2_buffered)->UseRealTime();

task<> until_canceled(context ended, send_channel<> over) {
  co_await ended.done();
  co_await over.send();
}

void race_2_context(benchmark::State& state) {
  run(
      [&]() -> task<> {
        while (state.KeepRunning()) {
          channel<int> answers(2);
          channel<> over(1);
          cancelable_context owner = with_cancel(background());
          go(answer, answers.sender());
          go(until_canceled, owner.context(), over.sender());
          co_await answers.receive();
          owner.cancel();
          co_await over.receive();
        }
      },
      two_workers);
}
BENCHMARK(race_2_context)->UseRealTime();

task<int> at_once() { co_return 1; }
task<int> never() { co_return *co_await channel<int>::nil().receive(); }

void race_2(benchmark::State& state) {
  run(
      [&]() -> task<> {
        while (state.KeepRunning()) benchmark::DoNotOptimize(co_await race(at_once(), never()));
      },
      two_workers);
}
BENCHMARK(race_2)->UseRealTime();

task<> park(receive_channel<int> in) { co_await in.receive(); }

double resident_bytes() {
  std::size_t total = 0;
  std::size_t resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

void memory_parked(benchmark::State& state) {
  constexpr std::size_t parked = 200'000;
  double bytes = 0;
  for (auto round : state) {
    static_cast<void>(round);
    run(
        [&]() -> task<> {
          channel<int> shared;
          const double before = resident_bytes();
          for (std::size_t i = 0; i < parked; ++i) go(park, shared.receiver());
          while (num_goroutines() != parked + 1) co_await this_goroutine::yield();
          co_await this_goroutine::yield();
          bytes = (resident_bytes() - before) / parked;
        },
        two_workers);
  }
  state.counters["bytes"] = bytes;
}
BENCHMARK(memory_parked)->Iterations(1);

}  // namespace
BENCHMARK_MAIN();
