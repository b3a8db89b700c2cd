#include <algorithm>
#include <atomic>
#include <memory>
#include <vector>

#include "support/ledger.hpp"
#include "support/stress.hpp"
#include "support/workers.hpp"

#include <leash/channel.hpp>

// Random sends, receives, tries and closes by many goroutines: every value that was sent is received
// exactly once, or was given back to its sender, or died with its channel.

namespace {

using namespace leash;
using leash::testing::fact;
using leash::testing::ledger;
using leash::testing::stress_operations;
using leash::testing::token;
using leash::testing::until_alone;

struct plan {
  ledger* book;
  std::vector<channel<token>>* channels;
  std::size_t steps;
  std::uint32_t seed;
  bool closes;
};

std::uint32_t next_random(std::uint32_t& state) {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

// Sends, waiting or not, and sometimes closes a channel of those that may close.
task<> produce(plan what) {
  std::uint32_t random = what.seed;
  for (std::size_t i = 0; i < what.steps; ++i) {
    const std::uint32_t dice = next_random(random);
    const channel<token>& to = (*what.channels)[dice % what.channels->size()];
    token value(*what.book);
    const std::size_t number = value.number();
    if (to.capacity() != 0) what.book->note(number, fact::buffered);
    if (dice >> 8 & 1) {
      const bool sent = to.try_send(std::move(value)) == op_status::success;
      // NOLINTNEXTLINE(bugprone-use-after-move): a value that was not sent is whole
      EXPECT_EQ(value.whole(), !sent);
      what.book->note(number, sent ? fact::sent : fact::returned);
    } else {
      try {
        co_await to.send(std::move(value));
        what.book->note(number, fact::sent);
      } catch (const error&) {
        what.book->note(number, fact::returned);
      }
    }
    if (what.closes && (dice >> 10 & 0x3ff) == 0 && &to != what.channels->data()) to.try_close();
    if ((dice >> 20 & 0xff) == 0) co_await this_goroutine::yield();
  }
}

// Waits at one channel only, so that every channel has somebody who drains it, and tries all of them.
task<> consume(plan what, std::size_t own) {
  std::uint32_t random = what.seed;
  const std::vector<channel<token>> channels = *what.channels;
  for (;;) {
    const std::uint32_t dice = next_random(random);
    if (dice >> 8 & 1) {
      std::optional<token> value;
      const op_status status = channels[dice % channels.size()].try_receive(value);
      EXPECT_EQ(value.has_value(), status == op_status::success);
      if (value) what.book->note(value->number(), fact::received);
      if (!value) co_await this_goroutine::yield();
    } else if (auto value = co_await channels[own].receive()) {
      EXPECT_TRUE(value->whole());
      what.book->note(value->number(), fact::received);
    } else {
      co_return;
    }
  }
}

class ChannelStress : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(ChannelStress);

task<> deliver(ledger* book, std::size_t total, bool closes) {
  constexpr std::size_t producers = 16;
  constexpr std::uint32_t consumers = 12;
  std::vector<channel<token>> channels;
  for (const std::size_t capacity : {0u, 0u, 1u, 3u, 64u}) channels.emplace_back(capacity);
  std::atomic<std::size_t> left{producers};
  channel<> over;
  for (std::uint32_t i = 0; i < producers; ++i)
    go(
        [&left, over](plan what) -> task<> {
          co_await produce(what);
          if (--left == 0) over.close();
        },
        plan{book, &channels, total / producers, 17 + i * 7919, closes});
  for (std::uint32_t i = 0; i < consumers; ++i)
    go(consume, plan{book, &channels, 0, 91 + i * 104'729, closes}, i % channels.size());
  co_await over.receive();
  for (const auto& each : channels) each.try_close();
  co_await until_alone();
}

TEST_P(ChannelStress, EveryValueIsReceivedOnceOrGivenBack) {
  for (const bool closes : {false, true}) {
    const memory_usage before = memory();
    ledger book(stress_operations() / 2 + 16);
    // A send and a receive of a value are two operations; the two rounds share the number.
    run([&]() -> task<> { co_await deliver(&book, stress_operations() / 4, closes); });
    EXPECT_EQ(book.wrong(), 0u);
    EXPECT_EQ(book.count(fact::received) + book.count(fact::returned), book.issued());
    EXPECT_EQ(memory().live_frames, before.live_frames);
    EXPECT_EQ(memory().live_blocks, before.live_blocks);
  }
}

TEST_P(ChannelStress, ValuesOfUnwoundGoroutinesDieOnce) {
  const std::size_t rounds = std::max<std::size_t>(stress_operations() / 20'000, 1);
  for (std::size_t round = 0; round < rounds; ++round) {
    const memory_usage before = memory();
    ledger book(1 << 16);
    run([&]() -> task<> {
      std::vector<channel<token>> channels;
      for (const std::size_t capacity : {0u, 1u, 8u}) channels.emplace_back(capacity);
      const auto seed = static_cast<std::uint32_t>(round * 31 + 1);
      const auto kept = std::make_shared<std::vector<channel<token>>>(channels);
      std::vector<channel<token>>* shared = kept.get();
      for (std::uint32_t i = 0; i < 40; ++i) {
        go([kept](plan what) -> task<> { co_await produce(what); },
           plan{&book, shared, 1000, seed + i * 7919, false});
        go([kept](
               plan what) -> task<> { co_await consume(what, what.seed % what.channels->size()); },
           plan{&book, shared, 0, seed + i * 104'729, false});
      }
      for (std::size_t i = 0; i < 50 + round; ++i) co_await this_goroutine::yield();
    });
    EXPECT_EQ(book.wrong(), 0u);
    EXPECT_EQ(memory().live_blocks, before.live_blocks);
    EXPECT_EQ(num_goroutines(), 0u);
  }
}

}  // namespace
