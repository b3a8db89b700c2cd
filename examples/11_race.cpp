// leash's own racer: the first answer wins, and the loser is gone before race returns.
#include <leash/leash.hpp>

#include <cstdio>
#include <string>

using namespace std::chrono_literals;

leash::task<std::string> request(std::string engine, std::chrono::milliseconds latency) {
  co_await leash::sleep(latency);
  co_return engine;
}

leash::task<> program() {
  std::printf("Goroutine count: %zu\n", leash::num_goroutines());
  auto won = co_await leash::race(request("google", 200ms), request("bing", 2s));
  std::printf("winner: %s\n", won.value.c_str());
  std::printf("Goroutine count: %zu\n", leash::num_goroutines());
}

// In virtual time sleeping takes no time, and what happens is the same in every run.
int main() { leash::run(program, {.virtual_time = true}); }
