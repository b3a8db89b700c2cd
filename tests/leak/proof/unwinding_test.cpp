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

std::atomic<const channel<int>*> touched_behind_leash;
channel<int> used = channel<int>::nil();
std::atomic<bool> untouched_gone;

// Somebody borrows from it, so only the patrol can tell that it is leaked.
constexpr std::uint32_t touched_line = __LINE__ + 2;
void start_touched() {
  go([]() -> task<> {
    const channel<int> answers;
    go([&answers]() -> task<> {
      co_await channel<int>().receive();
      (void)answers.try_send(2);
    });
    touched_behind_leash = &answers;
    testing::what_is_proven::stays("touched");
    co_await answers.receive();
    ++ran;
  });
}

// Uses what is in the frame of the first one when that is told of.
void touch(const leak_report& fresh) noexcept {
  goroutine_cursor cursor = fresh.goroutines();
  for (auto some = cursor.next(); !some.empty(); some = cursor.next())
    for (const goroutine_trace& each : some)
      if (each.created_at.line() == touched_line) used = *touched_behind_leash.load();
}

// What the patrol has told of once, and somebody uses then, is not unwound when it looks again. Who leaks later, and is touched by
// nobody, is: then the patrol has looked twice.
TEST(LeakPatrol, DoesNotUnwindWhoseFrameIsUsedBetweenTwoLooks) {
  testing::what_is_proven::forget_all();
  ran = 0;
  untouched_gone = false;
  const leak_handler before = set_leak_handler(touch);
  leash::run(
      []() -> task<> {
        start_touched();
        co_await testing::what_is_proven::settled(1);
        go([]() -> task<> {
          struct witness {
            ~witness() { untouched_gone = true; }
          };
          const witness here;
          co_await channel<int>().receive();
        });
        co_await testing::until([] { return untouched_gone.load(); });
        EXPECT_EQ(used.try_send(1), op_status::success);
        co_await testing::until_alone();
      },
      {.processors = 2, .leaks = leak_policy::unwind, .patrol = std::chrono::milliseconds(2)});
  set_leak_handler(before);
  used = channel<int>::nil();
  EXPECT_EQ(ran, 1);
}

}  // namespace
}  // namespace leash
