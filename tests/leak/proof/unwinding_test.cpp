// What is unwound of what was proven: all of a set or, where the program has shown that leash cannot see everything, no more than
// was claimed by then.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <utility>
#include <vector>

#include <leash/leaks.hpp>

#include "leak/watch/unwind_leaks.hpp"
#include "support/proven.hpp"

namespace leash {
namespace {

class UnwindingLeaks : public testing::ProvenOverWorkers {};

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
    const std::vector<detail::proven_goroutine> proven = co_await prove(length);
    if (proven.size() != length) co_return;
    detail::unwinding_result result;
    std::atomic<bool> over{false};
    // On a thread of its own, as the patrol does, while workers are free to destroy.
    std::thread patrol([&] {
      result = detail::unwind_leaks(proven);
      over = true;
    });
    co_await testing::until([&] { return over.load(); });
    patrol.join();
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
    std::vector<detail::proven_goroutine> proven = co_await prove(5);
    if (proven.size() != 5) co_return;
    proven[2].word += 4;  // as it was proven, it does not wait any more
    const detail::unwinding_result result = detail::unwind_leaks(proven);
    EXPECT_TRUE(result.refuted);
    EXPECT_EQ(result.unwound, 2u);
    co_await testing::until([] { return num_goroutines() == 4; });
    left = (co_await prove(3)).size();
  });
  EXPECT_EQ(left, 3u);
  EXPECT_EQ(ran, 0);
}

LEASH_OVER_WORKERS(UnwindingLeaks);

std::atomic<int> counted{0};
std::atomic<bool> owner_gone{false};
std::atomic<int> told{0};

// Waits for ever, while another one counts in its frame.
task<> owner(channel<> go_on) {
  struct witness {
    std::atomic<int> count{0};
    ~witness() { owner_gone = true; }
  };
  witness here;
  go([&here, go_on]() -> task<> {
    while (co_await go_on.receive()) counted = ++here.count;
  });
  go_on = channel<>::nil();
  const receive_channel<int> never = channel<int>().receiver();
  co_await never.receive();
}

// It is told of, and left as it is for as long as somebody can use what is in its frame.
TEST(LeakPatrol, DoesNotUnwindWhoseFrameSomebodyUses) {
  counted = told = 0;
  owner_gone = false;
  const leak_handler before = set_leak_handler(
      [](const leak_report& fresh) noexcept { told += static_cast<int>(fresh.size()); });
  leash::run(
      []() -> task<> {
        const channel<> go_on;
        go(owner, go_on);
        co_await testing::until([] { return told == 1; });
        for (int i = 1; i <= 20; ++i) {
          co_await go_on.send();
          co_await testing::until([&] { return counted == i; });
          co_await sleep(std::chrono::milliseconds(1));
          EXPECT_FALSE(owner_gone);
        }
        go_on.close();
        co_await testing::until([] { return owner_gone.load(); });
        co_await testing::until_alone();
      },
      {.processors = 2, .leaks = leak_policy::unwind, .patrol = std::chrono::milliseconds(2)});
  set_leak_handler(before);
  EXPECT_EQ(counted, 20);
}

}  // namespace
}  // namespace leash
