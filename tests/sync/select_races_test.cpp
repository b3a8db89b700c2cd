#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <vector>

#include "support/waits.hpp"
#include "support/workers.hpp"

#include <leash/channel.hpp>
#include <leash/select.hpp>

// Selects that meet each other: what tests/go_semantics.md names for runtime/chan_test.go.

namespace {

using namespace leash;
using detail::wait_reason;
using leash::testing::record;
using leash::testing::this_record;
using leash::testing::until_alone;
using leash::testing::until_waits;

class SelectRaces : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(SelectRaces);

// Both cases of a select must not happen: the same number would come twice.
TEST_P(SelectRaces, ASelectSendsToOneChannelOnly) {
  constexpr std::size_t rounds = 10'000;
  run([]() -> task<> {
    std::array<channel<std::size_t>, 4> ways;
    const channel<std::size_t> merged;
    std::atomic<int> left{4};
    for (const auto& way : ways)
      go([way, merged, &left]() -> task<> {
        while (const auto value = co_await way.receive()) co_await merged.send(*value);
        if (--left == 0) merged.close();
      });
    go([ways]() -> task<> {
      for (std::size_t i = 0; i < rounds; ++i)
        co_await select(on_send(ways[0], i), on_send(ways[1], i), on_send(ways[2], i),
                        on_send(ways[3], i));
      for (const auto& way : ways) way.close();
    });
    std::vector<int> seen(rounds);
    while (const auto value = co_await merged.receive()) ++seen[*value];
    for (const int times : seen) EXPECT_EQ(times, 1);
    co_await until_alone();
  });
}

// Of two channels one is ready at every moment: a select that looked at them one after the other could
// find neither.
task<> sees_one_moment(bool by_close) {
  for (int round = 0; round < 1000; ++round) {
    const channel<int> first(1);
    const channel<int> second(1);
    co_await first.send(1);
    std::atomic<std::size_t> chosen{9};
    go([first, second, &chosen]() -> task<> {
      chosen = co_await select(on_receive(first), on_receive(second), otherwise());
    });
    if (by_close)
      second.close();
    else
      co_await second.send(1);
    co_await select(on_receive(first), otherwise());
    co_await until_alone();
    EXPECT_LT(chosen, 2u);
  }
}

TEST_P(SelectRaces, SeesAllChannelsAtOneMomentWhileOneIsFilled) {
  run([]() -> task<> { co_await sees_one_moment(false); });
}

TEST_P(SelectRaces, SeesAllChannelsAtOneMomentWhileOneIsClosed) {
  run([]() -> task<> { co_await sees_one_moment(true); });
}

TEST_P(SelectRaces, TwoThatSendAndReceiveOnOneChannelMeetEachOther) {
  run([]() -> task<> {
    for (const std::size_t capacity : {0u, 10u}) {
      const channel<int> shared(capacity);
      for (int self = 0; self < 2; ++self)
        go([shared, self]() -> task<> {
          const bool alone = shared.capacity() == 0;
          for (int i = 0; i < 1000; ++i) {
            std::optional<int> got;
            if (self == 0 || i % 2 == 0)
              co_await select(on_send(shared, self), on_receive(shared, got));
            else
              co_await select(on_receive(shared, got), on_send(shared, self));
            if (alone) {
              EXPECT_NE(got, self) << "a select has met itself";
            }
          }
        });
      co_await until_alone();
    }
  });
}

constexpr int values = 2000;  // on each of four channels, by a plain sender and by a select

task<> send_to_all(std::array<channel<int>, 4> to) {
  std::array<int, 4> sent{};
  for (int i = 0; i < 4 * values; ++i) {
    const auto at = 3 - co_await select(on_send(to[3], 0), on_send(to[2], 0), on_send(to[1], 0),
                                        on_send(to[0], 0));
    if (++sent[at] == values) to[at] = channel<int>::nil();
  }
}

task<> receive_from_all(std::array<channel<int>, 4> from) {
  std::array<int, 4> received{};
  for (int i = 0; i < 4 * values; ++i) {
    const auto at = co_await select(on_receive(from[0]), on_receive(from[1]), on_receive(from[2]),
                                    on_receive(from[3]));
    if (++received[at] == values) from[at] = channel<int>::nil();
  }
}

TEST_P(SelectRaces, SelectsAndPlainOperationsShareChannels) {
  run([]() -> task<> {
    const std::array<channel<int>, 4> ways{channel<int>(), channel<int>(), channel<int>(2),
                                           channel<int>(3)};
    for (const auto& way : ways) {
      go([way]() -> task<> {
        for (int i = 0; i < values; ++i) co_await way.send(0);
      });
      go([way]() -> task<> {
        for (int i = 0; i < values; ++i) co_await way.receive();
      });
    }
    go(send_to_all, ways);
    go(receive_from_all, ways);
    co_await until_alone();
    for (const auto& way : ways) EXPECT_EQ(way.size(), 0u);
  });
}

constexpr int trials = 10'000;

// Six nines: one run in a million is further from the half.
void expect_half(int times) {
  EXPECT_LE(std::abs(times / double{trials} - 0.5), 4.891676 / (2 * std::sqrt(trials))) << times;
}

// Where a search begins must not matter: those that are not ready stand before the others.
TEST_P(SelectRaces, IsFairAmongTheReadyWhereverTheOthersStand) {
  run([]() -> task<> {
    const std::array<channel<>, 2> ready{channel<>(trials), channel<>(trials)};
    for (const auto& each : ready)
      for (int i = 0; i < trials; ++i) co_await each.send();
    const std::array<channel<>, 2> empty;
    int first = 0;
    for (int i = 0; i < trials; ++i)
      first += co_await select(on_receive(empty[0]), on_receive(empty[1]), on_receive(ready[0]),
                               on_receive(ready[1])) == 2;
    expect_half(first);
  });
}

// The same for one that waits with two of its cases on one channel.
TEST_P(SelectRaces, IsFairAmongItsCasesOnOneChannelWhenItHasWaited) {
  run([]() -> task<> {
    const channel<int> wanted;
    const std::array<channel<int>, 2> empty;
    int first = 0;
    std::atomic<bool> sent{false};
    go([&, wanted]() -> task<> {
      for (int i = 0; i < trials; ++i) co_await wanted.send(i);
      sent = true;
    });
    for (int i = 0; i < trials; ++i) {
      const auto chosen = co_await select(on_receive(empty[0]), on_receive(empty[1]),
                                          on_receive(wanted), on_receive(wanted));
      EXPECT_GE(chosen, 2u);
      first += chosen == 2;
    }
    co_await until_alone();
    EXPECT_TRUE(sent);
    expect_half(first);
  });
}

TEST_P(SelectRaces, SendsPseudoRandomValues) {
  constexpr int count = 100;
  run([]() -> task<> {
    for (const std::size_t capacity : {0u, 100u}) {
      const channel<int> bits(capacity);
      std::atomic<int> ones{0};
      go([bits, &ones]() -> task<> {
        for (int i = 0; i < count; ++i) {
          co_await this_goroutine::yield();
          ones += *co_await bits.receive();
        }
      });
      for (int i = 0; i < count; ++i) co_await select(on_send(bits, 1), on_send(bits, 0));
      co_await until_alone();
      EXPECT_GT(ones, count / 10);
      EXPECT_LT(ones, count - count / 10);
    }
  });
}

TEST_P(SelectRaces, AChannelNamedTwiceIsLeftTwice) {
  run([]() -> task<> {
    const channel<int> twice;
    const channel<int> other;
    const channel<> left;
    record first{nullptr};
    record second{nullptr};
    go([&, twice, other, left]() -> task<> {
      first = this_record();
      co_await select(on_receive(twice), on_receive(twice), on_receive(other));
      co_await left.send();
    });
    co_await until_waits(first, wait_reason::select);
    go([&, twice]() -> task<> {
      second = this_record();
      EXPECT_EQ(co_await twice.receive(), 8);
    });
    co_await until_waits(second, wait_reason::chan_receive);
    co_await other.send(7);
    co_await left.receive();
    co_await twice.send(8);
    co_await until_alone();
  });
}

TEST_P(SelectRaces, WhatACloseWakesHasItsOtherTargetsUntouched) {
  run([]() -> task<> {
    const channel<int*> silent;
    const channel<int*> closing;
    std::array<record, 2> waiting{};
    for (const bool twice : {false, true})
      go([&, silent, closing, twice]() -> task<> {
        waiting[twice] = this_record();
        int local = 42;
        std::optional<int*> target = &local;
        const auto again = [&](const channel<int*>& named) {
          return twice ? named : channel<int*>::nil();
        };
        const auto chosen = co_await select(on_receive(silent, target), on_receive(again(silent)),
                                            on_receive(closing), on_receive(again(closing)));
        EXPECT_GE(chosen, 2u);
        **target = 43;
        EXPECT_EQ(local, 43);
      });
    for (const auto& each : waiting) co_await until_waits(each, wait_reason::select);
    closing.close();
    co_await until_alone();
  });
}

}  // namespace
