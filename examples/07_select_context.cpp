// 06 cured by a context, as the article writes it: who cannot send sees that the context is done, and
// ends. (On a leash, as in 03, it would not even finish its request.)
#include <leash/leash.hpp>

#include <cstdio>
#include <string>

using namespace std::chrono_literals;

leash::task<> ask(leash::context context, leash::send_channel<std::string> answers,
                  std::string engine, std::chrono::milliseconds latency) {
  co_await leash::sleep(latency);  // the request
  co_await leash::select(leash::on_send(answers, engine), leash::on_done(context));
}

leash::task<std::string> racer() {
  leash::channel<std::string> answers;
  leash::cancelable_context cancelable = leash::with_cancel(leash::background());
  leash::context context = cancelable.context();
  leash::go([=] { return ask(context, answers.sender(), "google", 200ms); });
  leash::go([=] { return ask(context, answers.sender(), "bing", 2s); });
  leash::go([=] { return ask(context, answers.sender(), "baidu", 3s); });
  std::optional<std::string> first;
  co_await leash::select(leash::on_receive(answers, first), leash::on_timeout(5s));
  co_return first.value_or("nobody");  // the context goes out of scope, and is done
}

leash::task<> program() {
  std::printf("Goroutine count: %zu\n", leash::num_goroutines());
  std::string winner = co_await racer();
  std::printf("winner: %s\n", winner.c_str());
  co_await leash::sleep(
      5s);  // both losers had their answers, saw that nobody wants them, and ended
  std::printf("Goroutine count: %zu\n", leash::num_goroutines());
}

// In virtual time sleeping takes no time, and what happens is the same in every run.
int main() { leash::run(program, {.virtual_time = true}); }
