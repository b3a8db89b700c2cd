// leash::core alone: what it needs is the standard library and fmt.
#include <cstdio>

#include "racer.hpp"

using namespace std::chrono_literals;

leash::task<> program() {
  const std::string winner = co_await search(1ms, 1h);
  std::printf("winner: %s, goroutines left: %zu\n", winner.c_str(), leash::num_goroutines() - 1);
}

int main() { leash::run(program); }
