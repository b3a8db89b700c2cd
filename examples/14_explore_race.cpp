// A race of HTTP requests under every schedule, without a socket: servers in memory are fast or slow, refuse or hang.
#include <leash/leash.hpp>
#include <leash/memory_network.hpp>
#include <leash/testing.hpp>

#include <cstdio>
#include <set>
#include <string>

using namespace std::chrono_literals;

template <class Client>
leash::task<std::string> ask(const Client& client, std::string url) {
  const leash::http::response answer = co_await client.get(url);
  co_return answer.body;
}

// What is shipped, with leash::http::client.
template <class Client>
leash::task<std::string> search(const Client& client) {
  auto won = co_await leash::race(ask(client, "http://google/"), ask(client, "http://bing/"));
  co_return won.value;
}

int main() {
  std::printf("Goroutine count: %zu\n", leash::num_goroutines());
  std::set<std::string> winners;
  const auto test = [&winners]() -> leash::task<> {
    const leash::testing::memory_network network;
    network.serve("http://google", leash::testing::answers_after_any({10ms, 200ms}, "google"));
    network.serve("http://bing",
                  leash::testing::any_of({leash::testing::answers("bing", 20ms),
                                          leash::testing::refuses(), leash::testing::hangs()}));
    winners.insert(co_await search(network));
    for (const char* address : {"http://google", "http://bing"})
      if (network.traffic(address).in_flight != 0) leash::testing::fail("the loser goes on");
  };
  leash::testing::explore_options options;
  options.strategy = leash::testing::strategy::exhaustive;
  options.schedules = 0;
  const auto result = leash::testing::explore(options, test);
  for (const std::string& each : winners) std::printf("winner: %s\n", each.c_str());
  std::printf("%s; failures: %zu\n", result.complete ? "all schedules" : "some schedules",
              result.failures.size());
  std::printf("Goroutine count: %zu\n", leash::num_goroutines());
}
