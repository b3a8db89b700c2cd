// leash::testing: the racer on virtual time, where an hour passes at once.
#include <cstdio>
#include <cstdlib>

#include <leash/no_leaks.hpp>
#include <leash/testing.hpp>

#include "racer.hpp"

using namespace std::chrono_literals;

void expect(bool holds, const char* what) {
  if (holds) return;
  std::printf("failed: %s\n", what);
  std::exit(1);
}

leash::task<> the_faster_one_wins_and_the_other_takes_no_time() {
  const auto began = leash::now();
  const std::string winner = co_await search(1h, 2h);
  expect(winner == "Google", "the faster one wins");
  expect(leash::now() - began == 1h, "it takes as long as the faster one");
  expect(leash::num_goroutines() == 1, "the slower one is gone");
}

int main() {
  leash::testing::leak_check check;
  leash::run(the_faster_one_wins_and_the_other_takes_no_time, leash::testing::virtual_time);
  expect(check.finish().empty(), "no goroutine is left");
  std::printf("passed\n");
}
