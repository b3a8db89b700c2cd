// A program to be looked at: debugged [GOROUTINES [busy]]. It parks that many goroutines (1000) three calls deep, and a
// tenth as many elsewhere; then it says "ready" and waits for the end of its standard input. A line "more" parks
// ten more, and is answered with "parked"; a line "leak" leaves five behind for ever, "leaked". `busy`: meanwhile every worker is held by a goroutine that never gives way.

#include <atomic>
#include <cstdlib>
#include <iostream>
#include <string>

#include <leash/leash.hpp>

namespace {

leash::task<> send_it(leash::channel<int> to) { co_await to.send(1); }

leash::task<> request(leash::channel<int> to) { co_await send_it(to); }

leash::task<> racer(leash::channel<int> to) { co_await request(to); }

leash::task<> sleeper() { co_await leash::sleep(std::chrono::hours(1)); }

leash::task<> send_to_nobody(leash::channel<int> to) { co_await to.send(1); }

// Once it has returned, nobody but the senders has the channel.
void leak(int count) {
  const leash::channel<int> lost;
  for (int i = 0; i < count; ++i) leash::go(send_to_nobody, lost);
}

std::atomic<int> held{0};

leash::task<> hold_worker(const std::atomic<bool>& until) {
  ++held;
  while (!until) {
  }
  co_return;
}

void start_racers(const leash::channel<int>& to, int count) {
  for (int i = 0; i < count; ++i) leash::go(racer, to);
}

}  // namespace

int main(int count, char** words) {
  const int goroutines = count > 1 ? std::atoi(words[1]) : 1000;
  const bool busy = count > 2;
  leash::runtime runtime({.processors = 2,
                          .leaks = leash::leak_policy::off,
                          .watchdog = std::chrono::milliseconds::zero()});
  const leash::channel<int> nobody_receives;
  runtime.run([&]() -> leash::task<> {
    start_racers(nobody_receives, goroutines);
    for (int i = 0; i < goroutines / 10; ++i) leash::go(sleeper);
    // Until all of them have parked.
    for (int i = 0; i < 3; ++i) co_await leash::this_goroutine::yield();
    co_await leash::sleep(std::chrono::milliseconds(1));
  });
  std::atomic<bool> over{false};
  if (busy) {
    for (int i = 0; i < 2; ++i) runtime.go([&over] { return hold_worker(over); });
    while (held != 2) std::this_thread::yield();
  }
  std::cout << "ready\n" << std::flush;
  for (std::string line; std::getline(std::cin, line);) {
    const bool leaks = line == "leak";
    runtime.run([&]() -> leash::task<> {
      if (leaks) {
        leak(5);
      } else {
        start_racers(nobody_receives, 10);
      }
      co_return;
    });
    std::cout << (leaks ? "leaked\n" : "parked\n") << std::flush;
  }
  over = true;
}
