// 06 cured by a send that does not insist (Go's select with default). With one slot: without it the
// winner's answer would be dropped too, if it came before the racer waits.
#include <leash/leash.hpp>

#include <cstdio>
#include <string>

using namespace std::chrono_literals;

leash::task<> ask(leash::send_channel<std::string> answers, std::string engine,
                  std::chrono::milliseconds latency) {
  co_await leash::sleep(latency);  // the request
  co_await leash::select(leash::on_send(answers, engine), leash::otherwise());
}

leash::task<std::string> racer() {
  leash::channel<std::string> answers(1);
  leash::go(ask, answers.sender(), "google", 200ms);
  leash::go(ask, answers.sender(), "bing", 2s);
  leash::go(ask, answers.sender(), "baidu", 3s);
  std::optional<std::string> first;
  co_await leash::select(leash::on_receive(answers, first), leash::on_timeout(5s));
  co_return first.value_or("nobody");
}

leash::task<> program() {
  std::printf("Goroutine count: %zu\n", leash::num_goroutines());
  std::string winner = co_await racer();
  std::printf("winner: %s\n", winner.c_str());
  co_await leash::sleep(5s);  // bing's answer took the slot, baidu found it full; both have ended
  std::printf("Goroutine count: %zu\n", leash::num_goroutines());
}

// In virtual time sleeping takes no time, and what happens is the same in every run.
int main() { leash::run(program, {.virtual_time = true}); }
