// 09 cured by a done channel: nothing is ever sent over it, but everybody who receives from it wakes when
// it is closed.
#include <leash/leash.hpp>

#include <cstdio>

using namespace std::chrono_literals;

leash::task<> heartbeat(leash::receive_channel<> done) {
  while (co_await leash::select(leash::on_receive(done), leash::on_timeout(1s)) == 1)
    std::puts("beat");
}

leash::task<> session() {
  leash::channel<> done;
  leash::go(heartbeat, done.receiver());
  co_await leash::sleep(2500ms);
  std::puts("the session is over");
  done.close();
}

leash::task<> program() {
  std::printf("Goroutine count: %zu\n", leash::num_goroutines());
  co_await session();
  co_await leash::sleep(2s);  // the heart has stopped
  std::printf("Goroutine count: %zu\n", leash::num_goroutines());
}

// In virtual time sleeping takes no time, and what happens is the same in every run.
int main() { leash::run(program, {.virtual_time = true}); }
