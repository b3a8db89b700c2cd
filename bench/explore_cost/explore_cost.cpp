#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include <leash/leash.hpp>
#include <leash/testing.hpp>

// Explores one of a few programs: explore_cost PROGRAM STRATEGY SCHEDULES. What it executes is counted by bench/explore_cost.py.

namespace {

using namespace leash;
using namespace std::chrono_literals;
using leash::testing::explore_options;
using leash::testing::strategy;

task<> ask(channel<int> into, std::chrono::milliseconds time) {
  co_await sleep(time);
  co_await into.send(1);
}

// The article's racer: two requests, one answer.
task<> race_of_two(std::size_t room) {
  const channel<int> answers(room);
  go(ask, answers, 200ms);
  go(ask, answers, 2000ms);
  co_await answers.receive();
}

task<> work(channel<int> into, wait_group_token, mutex m) {
  {
    const auto held = co_await m.lock();
  }
  co_await into.send(1);
}

task<> workers() {
  constexpr int count = 4;
  const channel<int> results(count);
  const wait_group all;
  const mutex m;
  for (int i = 0; i < count; ++i) go(work, results, all.token(), m);
  co_await all.wait();
  for (int i = 0; i < count; ++i) co_await results.receive();
}

// Time that passes, and nothing else.
task<> day() {
  for (int i = 0; i < 24; ++i) co_await sleep(1h);
}

task<> program(std::string_view name) {
  if (name == "day") return day();
  if (name == "racer") return race_of_two(2);
  if (name == "leak") return race_of_two(0);
  return workers();
}

}  // namespace

int main(int count, char** arguments) {
  constexpr int expected = 4;
  if (count != expected) {
    std::fputs("usage: explore_cost racer|leak|workers|day random|pct|exhaustive SCHEDULES\n",
               stderr);
    return 2;
  }
  const std::string_view name = arguments[1];
  const std::string_view by = arguments[2];
  explore_options options;
  options.schedules = std::strtoul(arguments[3], nullptr, 10);
  options.stop_at_first_failure = false;
  options.explain = false;
  options.strategy = by == "pct"          ? strategy::pct
                     : by == "exhaustive" ? strategy::exhaustive
                                          : strategy::random;
  const auto result = leash::testing::explore(options, [&] { return program(name); });
  std::printf("%s\n%zu runs\n", result.summary().c_str(), result.schedules + result.pruned);
}
