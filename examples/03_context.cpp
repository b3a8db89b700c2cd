// Fix 2: a context. The loser is on a leash: it is unwound where it stands when the context is cancelled.
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
  leash::go(context, ask, "google", 20ms);
  leash::go(context, ask, "bing", 200ms);
  auto first = co_await answers.receive();
  co_return *first;  // the context goes out of scope, and bing with it
}

leash::task<> program() {
  std::string winner = co_await racer();
  std::printf("winner: %s\n", winner.c_str());
  co_await leash::sleep(10ms);  // long before bing would have answered
  std::printf("Goroutine count: %zu\n", leash::num_goroutines());
}

int main() { leash::run(program); }
