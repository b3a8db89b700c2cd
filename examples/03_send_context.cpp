// 01 cured by a context: the loser is on a leash, and is unwound where it stands when the context is
// cancelled. It is not even left to finish its request.
#include <leash/leash.hpp>

#include <cstdio>
#include <string>

using namespace std::chrono_literals;

leash::task<std::string> request(std::string engine, std::chrono::milliseconds latency) {
  co_await leash::sleep(latency);
  co_return engine;
}

leash::task<std::string> racer() {
  leash::channel<std::string> answers;
  leash::cancelable_context context = leash::with_cancel(leash::background());
  auto ask = [answers](std::string engine, std::chrono::milliseconds latency) -> leash::task<> {
    co_await answers.send(co_await request(engine, latency));
  };
  leash::go(context, ask, "google", 200ms);
  leash::go(context, ask, "bing", 2s);
  auto first = co_await answers.receive();
  co_return *first;  // the context goes out of scope, and bing with it
}

leash::task<> program() {
  std::printf("Goroutine count: %zu\n", leash::num_goroutines());
  std::string winner = co_await racer();
  std::printf("winner: %s\n", winner.c_str());
  co_await leash::sleep(10ms);  // long before bing would have answered
  std::printf("Goroutine count: %zu\n", leash::num_goroutines());
}

// In virtual time sleeping takes no time, and what happens is the same in every run.
int main() { leash::run(program, {.virtual_time = true}); }
