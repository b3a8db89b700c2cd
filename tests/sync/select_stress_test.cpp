#include <algorithm>
#include <chrono>

#include "support/stress.hpp"
#include "support/workers.hpp"

#include <leash/context.hpp>
#include <leash/select.hpp>

namespace {

using namespace leash;
using namespace std::chrono_literals;
using leash::testing::stress_operations;
using leash::testing::until_alone;

class SelectStress : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(SelectStress);

// No object's lock keeps the unwinder away from the frame while such a select parks.
TEST_P(SelectStress, ATimeoutAloneIsUnwoundAtAnyMoment) {
  const std::size_t rounds = std::clamp<std::size_t>(stress_operations() / 300, 1, 3'000);
  run([rounds]() -> task<> {
    for (std::size_t round = 0; round < rounds; ++round) {
      const cancelable_context leash = with_cancel(background());
      for (int i = 0; i < 16; ++i)
        go(leash, []() -> task<> {
          for (;;) co_await select(on_timeout(1us));
        });
      for (std::size_t i = round % 8; i > 0; --i) co_await this_goroutine::yield();
      leash.cancel();
      co_await until_alone();
    }
  });
  EXPECT_EQ(num_goroutines(), 0u);
}

}  // namespace
