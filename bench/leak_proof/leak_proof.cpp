// How long it takes to prove which goroutines are leaked: `leak_proof leaked|chain NUMBER PROOFS`.
//
// leaked: so many goroutines, each of which waits for what nobody sends it. chain: so many, each of which has the channel that the
// next one waits for, and main that of the last: none is leaked. Prints JSON, for each proof: the seconds by the clock, those of
// this thread, and the goroutines that it found.

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string_view>

#include <leash/leash.hpp>

namespace {

using namespace std::chrono_literals;

std::atomic<std::size_t> begun{0};

leash::task<> leak() {
  const leash::channel<> mine;
  ++begun;
  co_await mine.receive();
}

leash::task<> wait_for(leash::channel<> mine, leash::channel<> /*another's*/) {
  ++begun;
  co_await mine.receive();
}

double seconds(clockid_t of) {
  timespec time{};
  clock_gettime(of, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

void prove(int times) {
  for (int i = 0; i < times; ++i) {
    const double began = seconds(CLOCK_MONOTONIC);
    const double began_here = seconds(CLOCK_THREAD_CPUTIME_ID);
    const std::size_t found = leash::leaks().size();
    const double took = seconds(CLOCK_MONOTONIC) - began;
    std::printf(R"(%s{"seconds": %.6f, "thread_seconds": %.6f, "found": %zu})", i == 0 ? "[" : ", ",
                took, seconds(CLOCK_THREAD_CPUTIME_ID) - began_here, found);
  }
  std::puts("]");
}

leash::task<> measure(bool chain, std::size_t number, int proofs) {
  leash::channel<> last;
  for (std::size_t i = 0; i < number; ++i) {
    if (chain) {
      const leash::channel<> mine;
      leash::go(wait_for, mine, last);
      last = mine;
    } else {
      leash::go(leak);
    }
  }
  while (begun != number) co_await leash::sleep(1ms);
  co_await leash::sleep(50ms);  // the last of them are about to wait
  prove(proofs);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) {
    std::fputs("leak_proof: give leaked or chain, how many goroutines, and how many proofs\n",
               stderr);
    return 2;
  }
  const bool chain = std::string_view(arguments[1]) == "chain";
  const auto number = static_cast<std::size_t>(std::atoll(arguments[2]));
  const int proofs = std::atoi(arguments[3]);
  leash::run([&] { return measure(chain, number, proofs); },
             {.processors = 2, .leaks = leash::leak_policy::off, .watchdog = 0ms});
  return 0;
}
