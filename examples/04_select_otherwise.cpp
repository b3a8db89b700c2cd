// Fix 3: do not insist on sending. With one slot: without it the winner's answer could be dropped too,
// when the receiver is not there yet.
#include <leash/leash.hpp>

#include <cstdio>
#include <string>

using namespace std::chrono_literals;

leash::task<std::string> request(std::string engine, std::chrono::milliseconds latency) {
  co_await leash::sleep(latency);
  co_return engine;
}

leash::task<std::string> racer() {
  leash::channel<std::string> answers(1);
  auto ask = [answers](std::string engine, std::chrono::milliseconds latency) -> leash::task<> {
    std::string answer = co_await request(engine, latency);
    co_await leash::select(leash::on_send(answers, std::move(answer)), leash::otherwise());
  };
  leash::go(ask, "google", 20ms);
  leash::go(ask, "bing", 200ms);
  auto first = co_await answers.receive();
  co_return *first;
}

leash::task<> program() {
  std::string winner = co_await racer();
  std::printf("winner: %s\n", winner.c_str());
  co_await leash::sleep(300ms);  // bing found a full or forgotten channel, and ended
  std::printf("Goroutine count: %zu\n", leash::num_goroutines());
}

int main() { leash::run(program); }
