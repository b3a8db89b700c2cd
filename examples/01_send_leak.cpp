// The article's racer, as everyone writes it first. Nobody is left to receive what the slower goroutine
// sends: it stays behind for ever. Cured in 02 by a buffer, in 03 by a context.
#include <leash/leash.hpp>

#include <cstdio>
#include <string>

using namespace std::chrono_literals;

leash::task<std::string> request(std::string engine, std::chrono::milliseconds latency) {
  co_await leash::sleep(latency);
  co_return engine;
}

leash::task<std::string> racer() {
  leash::channel<std::string> answers;  // unbuffered: a send waits for a receiver
  auto ask = [answers](std::string engine, std::chrono::milliseconds latency) -> leash::task<> {
    co_await answers.send(co_await request(engine, latency));
  };
  leash::go(ask, "google", 200ms);
  leash::go(ask, "bing", 2s);
  auto first = co_await answers.receive();
  co_return *first;
}

leash::task<> program() {
  std::printf("Goroutine count: %zu\n", leash::num_goroutines());
  std::string winner = co_await racer();
  std::printf("winner: %s\n", winner.c_str());
  co_await leash::sleep(3s);  // bing has its answer now, and nobody will ever receive it
  std::printf("Goroutine count: %zu\n", leash::num_goroutines());
}

// In virtual time sleeping takes no time, and what happens is the same in every run.
int main() { leash::run(program, {.virtual_time = true}); }
