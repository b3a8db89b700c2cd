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
  auto won = co_await leash::race(request("google", 20ms), request("bing", 200ms));
  std::printf("winner: %s\n", won.value.c_str());
  std::printf("Goroutine count: %zu\n", leash::num_goroutines());
}

int main() { leash::run(program); }
