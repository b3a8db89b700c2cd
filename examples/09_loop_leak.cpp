// A loop without a condition to end: whoever wanted its beats is gone, and it beats on. Cured in 10 by a
// done channel.
#include <leash/leash.hpp>

#include <cstdio>

using namespace std::chrono_literals;

leash::task<> heartbeat() {
  for (;;) {
    co_await leash::sleep(1s);
    std::puts("beat");
  }
}

leash::task<> session() {
  leash::go(heartbeat);
  co_await leash::sleep(2500ms);
  std::puts("the session is over");
}

leash::task<> program() {
  std::printf("Goroutine count: %zu\n", leash::num_goroutines());
  co_await session();
  co_await leash::sleep(2s);  // the heart goes on beating
  std::printf("Goroutine count: %zu\n", leash::num_goroutines());
}

// In virtual time sleeping takes no time, and what happens is the same in every run.
int main() { leash::run(program, {.virtual_time = true}); }
