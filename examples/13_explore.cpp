// The racer under many schedules, before production: the leak is found, made simple, and cured.
#include <leash/leash.hpp>
#include <leash/testing.hpp>

#include <cstdio>
#include <string>

using namespace std::chrono_literals;

leash::task<> ask(leash::channel<std::string> answers, std::string engine,
                  std::chrono::milliseconds latency) {
  co_await leash::sleep(latency);
  co_await answers.send(std::move(engine));
}

leash::task<> racer(std::size_t room) {
  const leash::channel<std::string> answers(room);
  leash::go(ask, answers, "google", 200ms);
  leash::go(ask, answers, "bing", 2000ms);
  co_await answers.receive();
}

int main() {
  std::printf("Goroutine count: %zu\n", leash::num_goroutines());
  const auto leaky = leash::testing::explore({}, [] { return racer(0); });
  for (const auto& each : leaky.failures)
    std::printf("%s\n%s", each.message.substr(0, each.message.find('\n')).c_str(),
                each.timeline.c_str());
  const auto cured = leash::testing::explore({}, [] { return racer(2); });
  std::printf("With room for two: %s", cured.text().c_str());
  std::printf("Goroutine count: %zu\n", leash::num_goroutines());
}
