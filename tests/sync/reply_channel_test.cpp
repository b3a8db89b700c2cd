#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "support/expect_error.hpp"
#include "support/workers.hpp"

#include <leash/leash.hpp>

namespace {

using namespace leash;
using namespace std::chrono_literals;
using leash::testing::expect_error;
using leash::testing::until;
using leash::testing::until_alone;

class ReplyChannel : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(ReplyChannel);

TEST_P(ReplyChannel, ReceivesEveryReplyAndThenNothing) {
  run([]() -> task<> {
    const reply_channel<int> replies(3);
    for (int i = 1; i <= 3; ++i)
      go(
          [](int value, reply_sender<int> to) -> task<> {
            co_await this_goroutine::yield();
            to.send(value);
          },
          i, replies.sender());
    int sum = 0;
    while (auto reply = co_await replies.receive()) sum += *reply;
    EXPECT_EQ(sum, 6);
    co_await until_alone();
  });
}

// The seed's racer: the loser's reply has a slot, so the loser goes home.
TEST_P(ReplyChannel, ALoserCannotLeak) {
  run([]() -> task<> {
    for (int i = 0; i < 100; ++i) {
      const auto race_two = []() -> task<int> {
        const reply_channel<int> replies(2);
        const auto ask = [](int value, reply_sender<int> to) -> task<> {
          co_await this_goroutine::yield();
          to.send(value);
        };
        go(ask, 1, replies.sender());
        go(ask, 2, replies.sender());
        co_return *co_await replies.receive();
      };
      EXPECT_GT(co_await race_two(), 0);
      co_await until_alone();
    }
  });
}

TEST_P(ReplyChannel, ADroppedSenderGivesUpItsReply) {
  run([]() -> task<> {
    const reply_channel<std::unique_ptr<int>> replies(2);
    go([to = replies.sender()]() mutable -> task<> {
      to.send(std::make_unique<int>(4));
      co_return;
    });
    go([to = replies.sender()]() -> task<> { co_return; });
    EXPECT_EQ(**co_await replies.receive(), 4);
    EXPECT_EQ(co_await replies.receive(), std::nullopt);
    co_await until_alone();
  });
}

TEST_P(ReplyChannel, AnUnwoundSenderGivesUpItsReply) {
  run([]() -> task<> {
    const reply_channel<int> replies(2);
    const cancelable_context owner = with_cancel(background());
    for (int i = 0; i < 2; ++i)
      go(
          owner,
          [](reply_sender<int> to) -> task<> {
            co_await channel<>().receive();
            to.send(1);
          },
          replies.sender());
    co_await this_goroutine::yield();
    owner.cancel();
    EXPECT_EQ(co_await replies.receive(), std::nullopt);
    co_await until_alone();
  });
}

TEST(ReplyChannelSlots, AreAsManyAsItWasMadeWith) {
  const reply_channel<int> replies(1);
  auto only = replies.sender();
  expect_error(errc::no_reply_slot, [&] { static_cast<void>(replies.sender()); });
  EXPECT_EQ(replies.size(), 0u);
  only.send(1);
  EXPECT_EQ(replies.size(), 1u);
  EXPECT_TRUE(only.is_nil());
  expect_error(errc::nil_handle, [&] { only.send(2); });
  std::optional<int> reply;
  EXPECT_EQ(replies.try_receive(reply), op_status::success);
  EXPECT_EQ(replies.try_receive(reply), op_status::closed);
  const reply_channel<> none(0);
  EXPECT_EQ(none.try_receive(), op_status::closed);
}

TEST(ReplyChannelSlots, StayOpenWhileASenderCanStillBeMade) {
  const reply_channel<> replies(2);
  replies.sender().send();
  EXPECT_EQ(replies.try_receive(), op_status::success);
  EXPECT_EQ(replies.try_receive(), op_status::would_block);
  {
    const auto dropped = replies.sender();
  }
  EXPECT_EQ(replies.try_receive(), op_status::closed);
}

TEST(ReplySender, CanOnlyBeMoved) {
  static_assert(!std::is_copy_constructible_v<reply_sender<int>>);
  const reply_channel<int> replies(2);
  auto one = replies.sender();
  auto moved = std::move(one);
  EXPECT_TRUE(one.is_nil());  // NOLINT(bugprone-use-after-move)
  moved = replies.sender();   // gives up the first
  moved.send(7);
  std::optional<int> reply;
  EXPECT_EQ(replies.try_receive(reply), op_status::success);
  EXPECT_EQ(replies.try_receive(reply), op_status::closed);
}

TEST_P(ReplyChannel, RepliesCanComeFromAnyThread) {
  run([]() -> task<> {
    const reply_channel<int> replies(4);
    std::vector<std::thread> threads;
    for (int i = 1; i <= 4; ++i)
      threads.emplace_back([i, to = replies.sender()]() mutable { to.send(i); });
    int sum = 0;
    while (auto reply = co_await replies.receive()) sum += *reply;
    EXPECT_EQ(sum, 10);
    for (auto& each : threads) each.join();
  });
}

TEST(ReplyChannelInASelect, IsAReceivingEnd) {
  leash::run(
      []() -> task<> {
        const reply_channel<int> replies(1);
        std::optional<int> reply;
        EXPECT_EQ(co_await select(on_receive(replies, reply), on_timeout(1ms)), 1u);
        go([to = replies.sender()]() mutable -> task<> {
          co_await sleep(1ms);
          to.send(5);
        });
        EXPECT_EQ(co_await select(on_receive(replies, reply), on_timeout(1s)), 0u);
        EXPECT_EQ(reply, 5);
        EXPECT_EQ(co_await select(on_receive(replies.receiver(), reply), on_timeout(1s)), 0u);
        EXPECT_EQ(reply, std::nullopt);
      },
      leash::testing::virtual_time);
}

// Replies, cancels and drops at once: every reply is received or dies with the channel, and who waits for
// replies is told when there will be none.
TEST_P(ReplyChannel, ACancelAtTheInstantOfAReplyIsEither) {
  run([]() -> task<> {
    for (int i = 0; i < 500; ++i) {
      const reply_channel<std::unique_ptr<int>> replies(2);
      const cancelable_context owner = with_cancel(background());
      for (int each = 0; each < 2; ++each)
        go(
            owner,
            [](int pause, reply_sender<std::unique_ptr<int>> to) -> task<> {
              for (; pause > 0; --pause) co_await this_goroutine::yield();
              to.send(std::make_unique<int>(pause));
            },
            i % 4 + each, replies.sender());
      for (int pause = i % 7; pause > 0; --pause) co_await this_goroutine::yield();
      owner.cancel();
      int received = 0;
      while (const auto reply = co_await replies.receive()) ++received;
      EXPECT_LE(received, 2);
      co_await until_alone();
    }
  });
}

}  // namespace
