// What is unwound of what was proven: all of a set or, where the program has shown that leash cannot see everything, no more than
// was claimed by then.
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <vector>

#include "leak/unwind_leaks.hpp"
#include "support/proven.hpp"

namespace leash {
namespace {

using namespace std::chrono_literals;

class UnwindingLeaks : public testing::ProvenOverWorkers {
 protected:
  static std::vector<detail::proven_goroutine> prove() {
    detail::prover prover;
    return prover.prove();
  }
};

std::atomic<int> ran{0};
std::atomic<int> gone{0};

// Closes a channel that somebody waits for, as a class that owns it would.
struct closer {
  explicit closer(send_channel<int> closed) : channel(std::move(closed)) {}
  closer(closer&&) = default;
  ~closer() {
    if (!channel.is_nil()) ++gone;
    (void)channel.try_close();
  }
  send_channel<int> channel;
};

// Each waits for the next one, and the first for the last; who is unwound closes the channel of another.
void start_ring(int length) {
  auto [first, last] = make_channel<int>();
  receive_channel<int> next = last;
  for (int i = 0; i < length; ++i) {
    auto [sender, receiver] = make_channel<int>();
    if (i == length - 1) sender = first;
    go([next = std::exchange(next, std::move(receiver)),
        closes = closer(std::move(sender))]() -> task<> {
      testing::what_is_proven::stays("ring");
      co_await next.receive();
      ++ran;
    });
  }
}

TEST_P(UnwindingLeaks, ADestructorThatClosesAChannelLetsNobodyOfTheSetRun) {
  constexpr int length = 1'000;
  ran = gone = 0;
  run([]() -> task<> {
    start_ring(length);
    co_await settled(length);
    const std::vector<detail::proven_goroutine> proven = prove();
    EXPECT_EQ(proven.size(), std::size_t{length});
    const detail::unwinding_result result = detail::unwind_leaks(proven);
    EXPECT_EQ(result.unwound, std::size_t{length});
    EXPECT_FALSE(result.refuted);
    co_await testing::until_alone();
  });
  EXPECT_EQ(ran, 0);
  EXPECT_EQ(gone, length);
}

// In the order of their records one of them is woken first: those before it are unwound, it goes on, those after it stay.
TEST_P(UnwindingLeaks, AWokenOneShowsThatThoseAfterItAreNotToBeUnwound) {
  ran = 0;
  std::size_t left = 0;
  run([&]() -> task<> {
    std::vector<channel<int>> channels(5);
    for (const channel<int>& each : channels)
      go([values = each]() -> task<> {
        stays("waiter");
        co_await values.receive();
        ++ran;
      });
    channels.clear();
    co_await settled(5);
    std::vector<detail::proven_goroutine> proven = prove();
    EXPECT_EQ(proven.size(), 5u);
    proven[2].word += 4;  // as it was proven, it does not wait any more
    const detail::unwinding_result result = detail::unwind_leaks(proven);
    EXPECT_TRUE(result.refuted);
    EXPECT_EQ(result.unwound, 2u);
    co_await testing::until([] { return num_goroutines() == 4; });
    left = prove().size();
  });
  EXPECT_EQ(left, 3u);
  EXPECT_EQ(ran, 0);
}

LEASH_OVER_WORKERS(UnwindingLeaks);

}  // namespace
}  // namespace leash
