#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <utility>

#include "support/blocking.hpp"
#include "support/workers.hpp"

#include <leash/channel.hpp>
#include <leash/runtime.hpp>
#include <leash/select.hpp>

// Select behaves as Go's: what tests/go_semantics.md names for test/chan/select*.go.

namespace {

using namespace leash;
using detail::wait_reason;
using leash::testing::blocks;
using leash::testing::reason_to_wait;
using leash::testing::record;
using leash::testing::this_record;
using leash::testing::until;
using leash::testing::until_alone;
using leash::testing::until_waits;

class SelectSemantics : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(SelectSemantics);

const auto nil = [] { return channel<int>::nil(); };

channel<int> closed_channel() {
  channel<int> made;
  made.close();
  return made;
}

// Sends powers of two to whichever has room until none has.
task<int> fill(channel<unsigned> a, channel<unsigned> b, unsigned& shift, int& evaluated) {
  const auto value = [&] {
    ++evaluated;
    return 1u << shift;
  };
  for (int sent = 0;; ++shift) {
    const auto chosen = co_await select(on_send(a, value()), on_send(b, value()), otherwise());
    if (chosen == 2) co_return sent;
    ++sent;
    (chosen == 0 ? a : b) = channel<unsigned>::nil();
  }
}

TEST_P(SelectSemantics, ACaseIsSwitchedOffByANilChannel) {
  run([]() -> task<> {
    const channel<unsigned> a(1);
    const channel<unsigned> b(1);
    unsigned shift = 0;
    int evaluated = 0;
    EXPECT_EQ(co_await fill(a, b, shift, evaluated), 2);
    EXPECT_EQ(*co_await a.receive() | *co_await b.receive(), 3u);
    EXPECT_EQ(co_await fill(a, channel<unsigned>::nil(), shift, evaluated), 1);
    EXPECT_EQ(evaluated, 10) << "the values of all cases are computed, each time";
  });
}

TEST_P(SelectSemantics, LeavesNoMemoryBehind) {
  run([]() -> task<> {
    const channel<int> values;
    const channel<int> silent;
    const auto before = memory();
    go([values]() -> task<> {
      for (int i = 0; i < 5000; ++i) co_await values.send(i);
    });
    for (int i = 0; i < 5000; ++i)
      EXPECT_EQ(co_await select(on_receive(values), on_receive(silent)), 0u);
    co_await until_alone();
    // The goroutine's memory goes after it has stopped being counted. One block is until's own frame.
    co_await until([&before] { return memory().live_blocks <= before.live_blocks + 1; });
  });
}

TEST_P(SelectSemantics, AnOperationOnANilChannelBlocks) {
  run([]() -> task<> {
    EXPECT_EQ(co_await reason_to_wait([]() -> task<> { co_await nil().send(7); }),
              wait_reason::chan_send_nil);
    EXPECT_EQ(co_await reason_to_wait([]() -> task<> { co_await nil().receive(); }),
              wait_reason::chan_receive_nil);
  });
}

TEST_P(SelectSemantics, ANilChannelIsNeverChosen) {
  run([]() -> task<> {
    for (int i = 0; i < 100; ++i) {
      EXPECT_EQ(co_await select(on_send(nil(), 7), otherwise()), 1u);
      EXPECT_EQ(co_await select(on_receive(nil()), otherwise()), 1u);
    }
  });
}

TEST_P(SelectSemantics, BlocksWhenAllItsChannelsAreNil) {
  run([]() -> task<> {
    EXPECT_TRUE(co_await blocks([]() -> task<> { co_await select(on_receive(nil())); }));
    EXPECT_TRUE(co_await blocks([]() -> task<> { co_await select(on_send(nil(), 7)); }));
    EXPECT_EQ(co_await reason_to_wait(
                  []() -> task<> { co_await select(on_receive(nil()), on_send(nil(), 7)); }),
              wait_reason::select);
  });
}

TEST_P(SelectSemantics, BlocksForEverWithoutCases) {
  run([]() -> task<> {
    EXPECT_EQ(co_await reason_to_wait([]() -> task<> { co_await select(); }),
              wait_reason::select_no_cases);
  });
}

TEST_P(SelectSemantics, BlocksWhileNoCaseIsReady) {
  run([]() -> task<> {
    EXPECT_EQ(co_await reason_to_wait([]() -> task<> { co_await channel<int>().receive(); }),
              wait_reason::chan_receive);
    EXPECT_EQ(co_await reason_to_wait([]() -> task<> {
                const channel<int> empty;
                co_await select(on_receive(empty));
              }),
              wait_reason::chan_receive);
  });
}

TEST_P(SelectSemantics, DoesNotBlockWithADefault) {
  run([]() -> task<> {
    EXPECT_FALSE(co_await blocks([]() -> task<> { co_await select(otherwise()); }));
    EXPECT_FALSE(
        co_await blocks([]() -> task<> { co_await select(on_receive(nil()), otherwise()); }));
    EXPECT_FALSE(
        co_await blocks([]() -> task<> { co_await select(on_send(nil(), 7), otherwise()); }));
  });
}

TEST_P(SelectSemantics, PrefersAReadyCaseToItsDefault) {
  run([]() -> task<> {
    const channel<int> one(1);
    EXPECT_EQ(co_await select(on_send(one, 7), otherwise()), 0u);
    EXPECT_EQ(co_await select(otherwise(), on_receive(one)), 1u);
    EXPECT_FALSE(co_await blocks([]() -> task<> { co_await channel<int>(1).send(7); }));
  });
}

TEST_P(SelectSemantics, AReceiveFromAClosedChannelDoesNotBlock) {
  run([]() -> task<> {
    const channel<int> closed = closed_channel();
    for (int i = 0; i < 10; ++i) {
      EXPECT_EQ(co_await closed.receive(), std::nullopt);
      std::optional<int> value = 5;
      EXPECT_EQ(co_await select(on_receive(closed, value)), 0u);
      EXPECT_EQ(value, std::nullopt);
      EXPECT_EQ(co_await select(on_receive(closed), otherwise()), 0u);
    }
  });
}

TEST_P(SelectSemantics, ASendOnAClosedChannelThrows) {
  run([]() -> task<> {
    const channel<int> closed = closed_channel();
    int thrown = 0;
    for (const bool by_select : {false, true}) try {
        if (by_select)
          co_await select(on_send(closed, 7));
        else
          co_await closed.send(7);
      } catch (const error& refused) {
        thrown += refused.code() == errc::closed_channel;
      }
    EXPECT_EQ(thrown, 2);
  });
}

TEST_P(SelectSemantics, DoesNotMeetItself) {
  run([]() -> task<> {
    EXPECT_EQ(co_await reason_to_wait([]() -> task<> {
                const channel<int> own;
                co_await select(on_send(own, 1), on_receive(own));
              }),
              wait_reason::select);
  });
}

TEST_P(SelectSemantics, WritesOnlyToTheChosenCasesTarget) {
  run([]() -> task<> {
    const channel<int> full(1);
    const channel<int> empty;
    co_await full.send(42);
    std::optional<int> untouched = 1;
    std::optional<int> value;
    EXPECT_EQ(co_await select(on_receive(empty, untouched), on_receive(full, value)), 1u);
    EXPECT_EQ(value, 42);
    EXPECT_EQ(untouched, 1);
  });
}

TEST_P(SelectSemantics, ThatLeavesAQueueLeavesTheOthersInIt) {
  run([]() -> task<> {
    const channel<int> crowded;
    const channel<int> chosen;
    record first{nullptr};
    record second{nullptr};
    std::atomic<int> received{0};
    go([&, crowded]() -> task<> {
      first = this_record();
      received += *co_await crowded.receive();
    });
    co_await until_waits(first, wait_reason::chan_receive);
    go([&, crowded, chosen]() -> task<> {
      second = this_record();
      EXPECT_EQ(co_await select(on_receive(crowded), on_receive(chosen)), 1u);
      received += *co_await crowded.receive();
    });
    co_await until_waits(second, wait_reason::select);
    co_await chosen.send(1);
    co_await crowded.send(10);
    co_await crowded.send(100);
    co_await until_alone();
    EXPECT_EQ(received, 110);
  });
}

}  // namespace
