// 04 cured by close: a receive from a channel that is closed and drained comes back empty, which ends the
// loop.
#include <leash/leash.hpp>

#include <cstdio>

using namespace std::chrono_literals;

leash::task<> worker(leash::receive_channel<int> jobs) {
  while (auto job = co_await jobs.receive()) {  // Go's `for job := range jobs`
    co_await leash::sleep(10ms);
    std::printf("job %d is done\n", *job);
  }
}

leash::task<> process() {
  leash::channel<int> jobs;
  for (int i = 0; i < 3; ++i) leash::go(worker, jobs.receiver());
  for (int job = 1; job <= 3; ++job) {
    co_await jobs.send(job);
    co_await leash::sleep(1ms);
  }
  jobs.close();  // whoever sends knows when there is no more to send
}

leash::task<> program() {
  std::printf("Goroutine count: %zu\n", leash::num_goroutines());
  co_await process();
  co_await leash::sleep(1s);  // all jobs are done, and every worker knows that no other will come
  std::printf("Goroutine count: %zu\n", leash::num_goroutines());
}

// In virtual time sleeping takes no time, and what happens is the same in every run.
int main() { leash::run(program, {.virtual_time = true}); }
