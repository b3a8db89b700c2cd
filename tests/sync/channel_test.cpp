#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "support/expect_error.hpp"
#include "support/workers.hpp"

#include <leash/channel.hpp>

namespace {

using namespace leash;
using leash::testing::expect_error;
using leash::testing::until;
using leash::testing::until_alone;

class Channel : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(Channel);

struct waiting {
  bool receivers = false;
  bool senders = false;
};

template <class Handle>
waiting waiters(const Handle& channel) {
  detail::object& object = *detail::channel_access::target(channel);
  object.lock.lock();
  const auto& body = object.as<detail::channel_body>();
  const waiting now{!body.receivers.empty(), !body.senders.empty()};
  object.lock.unlock();
  return now;
}

TEST_P(Channel, AnUnbufferedSendWaitsForItsReceiver) {
  run([]() -> task<> {
    channel<int> meet;
    std::atomic<bool> sent{false};
    go([&]() -> task<> {
      co_await meet.send(1);
      sent = true;
    });
    co_await until([&] { return waiters(meet).senders; });
    EXPECT_FALSE(sent);
    EXPECT_EQ(co_await meet.receive(), 1);
    co_await until([&] { return sent.load(); });
    co_await until_alone();
  });
}

TEST_P(Channel, AReceiveWaitsForItsSender) {
  run([]() -> task<> {
    channel<int> meet;
    std::atomic<int> got{0};
    go([&]() -> task<> { got = *co_await meet.receive(); });
    co_await until([&] { return waiters(meet).receivers; });
    EXPECT_EQ(got, 0);
    co_await meet.send(9);
    co_await until_alone();
    EXPECT_EQ(got, 9);
  });
}

TEST_P(Channel, KeepsTheOrderOfOneSender) {
  for (const std::size_t capacity : {0u, 1u, 7u, 100u})
    run([capacity]() -> task<> {
      channel<int> numbers(capacity);
      go(
          [](send_channel<int> out) -> task<> {
            for (int i = 0; i < 2000; ++i) co_await out.send(i);
            out.close();
          },
          numbers.sender());
      int expected = 0;
      while (auto number = co_await numbers.receive()) EXPECT_EQ(*number, expected++);
      EXPECT_EQ(expected, 2000);
      co_await until_alone();
    });
}

TEST_P(Channel, ServesWaitersFirstComeFirstServed) {
  run([]() -> task<> {
    channel<int> line;
    for (int i = 0; i < 10; ++i) {
      std::atomic<detail::goroutine*> self{nullptr};
      go([line, i, &self]() -> task<> {
        self = detail::current_goroutine();
        co_await line.send(i);
      });
      co_await until([&] {
        return self.load() != nullptr &&
               detail::state_of(self.load()->word.load()) == detail::wait_state::waiting;
      });
      // The word is stored before the sender is queued; both happen under the channel's lock.
      EXPECT_TRUE(waiters(line).senders);
    }
    for (int i = 0; i < 10; ++i) EXPECT_EQ(co_await line.receive(), i);
    co_await until_alone();
  });
}

TEST_P(Channel, HoldsAsManyValuesAsItsCapacity) {
  run([]() -> task<> {
    channel<int> three(3);
    EXPECT_EQ(three.capacity(), 3u);
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(three.size(), static_cast<std::size_t>(i));
      co_await three.send(i);
    }
    EXPECT_EQ(three.try_send(3), op_status::would_block);
    go([](channel<int> three) -> task<> { co_await three.send(3); }, three);
    co_await until([&] { return waiters(three).senders; });
    for (int i = 0; i < 4; ++i) EXPECT_EQ(co_await three.receive(), i);
    EXPECT_EQ(three.size(), 0u);
    co_await until_alone();
  });
}

TEST_P(Channel, CloseWakesReceiversWithNothing) {
  run([]() -> task<> {
    channel<int> gate;
    std::atomic<int> empty{0};
    for (int i = 0; i < 50; ++i)
      go([&]() -> task<> { empty += (co_await gate.receive()).has_value() ? 100 : 1; });
    co_await until([&] { return waiters(gate).receivers; });
    gate.close();
    co_await until_alone();
    EXPECT_EQ(empty, 50);
    EXPECT_TRUE(gate.is_closed());
  });
}

TEST_P(Channel, CloseMakesSendersThrow) {
  run([]() -> task<> {
    channel<int> gate;
    std::atomic<int> thrown{0};
    for (int i = 0; i < 50; ++i)
      go([&]() -> task<> {
        try {
          co_await gate.send(1);
        } catch (const error& refused) {
          if (refused.code() == errc::closed_channel) ++thrown;
        }
      });
    co_await until([&] { return waiters(gate).senders; });
    gate.close();
    co_await until_alone();
    EXPECT_EQ(thrown, 50);
  });
}

TEST_P(Channel, WhatIsBufferedCanBeReceivedAfterClose) {
  run([]() -> task<> {
    channel<int> buffered(2);
    co_await buffered.send(1);
    co_await buffered.send(2);
    buffered.close();
    EXPECT_EQ(co_await buffered.receive(), 1);
    EXPECT_EQ(co_await buffered.receive(), 2);
    EXPECT_EQ(co_await buffered.receive(), std::nullopt);
    EXPECT_EQ(co_await buffered.receive(), std::nullopt);
  });
}

TEST(ChannelOfAnyThread, ClosingTwiceOrANilChannelThrows) {
  const channel<int> once;
  once.close();
  expect_error(errc::closed_channel, [&] { once.close(); });
  EXPECT_FALSE(once.try_close());
  expect_error(errc::nil_channel, [] { channel<int>::nil().close(); });
  EXPECT_FALSE(channel<int>::nil().try_close());
  const channel<int> other;
  EXPECT_TRUE(other.try_close());
}

TEST(ChannelOfAnyThread, TryOperationsSayWhatIsTheCase) {
  std::optional<int> value;
  const channel<int> unbuffered;
  EXPECT_EQ(unbuffered.try_send(1), op_status::would_block);
  EXPECT_EQ(unbuffered.try_receive(value), op_status::would_block);
  const channel<int> one(1);
  EXPECT_EQ(one.try_receive(value), op_status::would_block);
  EXPECT_EQ(one.try_send(1), op_status::success);
  EXPECT_EQ(one.try_send(2), op_status::would_block);
  one.close();
  EXPECT_EQ(one.try_send(3), op_status::closed);
  EXPECT_EQ(one.try_receive(value), op_status::success);
  EXPECT_EQ(value, 1);
  EXPECT_EQ(one.try_receive(value), op_status::closed);
  EXPECT_EQ(value, std::nullopt);
  const auto nil = channel<int>::nil();
  EXPECT_TRUE(nil.is_nil());
  EXPECT_EQ(nil.try_send(1), op_status::would_block);
  EXPECT_EQ(nil.try_receive(value), op_status::would_block);
  EXPECT_EQ(nil.size() + nil.capacity(), 0u);
}

TEST(ChannelOfAnyThread, ATrySendThatFailsTakesNothing) {
  const channel<std::unique_ptr<int>> unbuffered;
  auto value = std::make_unique<int>(1);
  EXPECT_EQ(unbuffered.try_send(std::move(value)), op_status::would_block);
  EXPECT_TRUE(value);
  unbuffered.close();
  EXPECT_EQ(unbuffered.try_send(std::move(value)), op_status::closed);
  EXPECT_TRUE(value);
}

TEST_P(Channel, TryOperationsServeThoseThatWait) {
  run([]() -> task<> {
    channel<int> meet;
    std::atomic<int> got{0};
    go([&]() -> task<> { got = *co_await meet.receive(); });
    co_await until([&] { return waiters(meet).receivers; });
    EXPECT_EQ(meet.try_send(5), op_status::success);
    co_await until_alone();
    EXPECT_EQ(got, 5);
    go([&]() -> task<> { co_await meet.send(6); });
    co_await until([&] { return waiters(meet).senders; });
    std::optional<int> value;
    EXPECT_EQ(meet.try_receive(value), op_status::success);
    EXPECT_EQ(value, 6);
    co_await until_alone();
  });
}

TEST_P(Channel, NilChannelsBlockForEver) {
  run([]() -> task<> {
    std::atomic<int> waiting{0};
    const auto wait_for = [&waiting](bool send) -> task<> {
      ++waiting;
      if (send)
        co_await channel<int>::nil().send(1);
      else
        co_await channel<int>::nil().receive();
      ADD_FAILURE() << "a nil channel let somebody through";
    };
    go(wait_for, true);
    go(wait_for, false);
    co_await until([&] { return waiting == 2; });
    for (int i = 0; i < 100; ++i) co_await this_goroutine::yield();
    EXPECT_EQ(num_goroutines(), 3u);
  });
}

TEST_P(Channel, AMovedFromChannelIsNil) {
  run([]() -> task<> {
    channel<int> first(1);
    channel<int> second(std::move(first));
    // NOLINTNEXTLINE(bugprone-use-after-move): a moved-from channel is nil
    EXPECT_TRUE(first.is_nil());
    EXPECT_FALSE(second.is_nil());
    co_await second.send(1);
    EXPECT_EQ(co_await second.receive(), 1);
  });
}

TEST_P(Channel, OfVoidTellsEventsFromClose) {
  run([]() -> task<> {
    channel<> events(2);
    co_await events.send();
    EXPECT_EQ(events.try_send(), op_status::success);
    EXPECT_EQ(events.try_send(), op_status::would_block);
    EXPECT_TRUE(co_await events.receive());
    EXPECT_EQ(events.try_receive(), op_status::success);
    EXPECT_EQ(events.try_receive(), op_status::would_block);
    events.close();
    EXPECT_FALSE(co_await events.receive());
    EXPECT_EQ(events.try_receive(), op_status::closed);
    EXPECT_EQ(events.try_send(), op_status::closed);
  });
}

TEST_P(Channel, CarriesValuesThatOnlyMove) {
  run([]() -> task<> {
    const auto [out, in] = make_channel<std::unique_ptr<int>>();
    go(
        [](send_channel<std::unique_ptr<int>> out) -> task<> {
          for (int i = 0; i < 100; ++i) co_await out.send(std::make_unique<int>(i));
          out.close();
        },
        out);
    int expected = 0;
    while (auto value = co_await in.receive()) EXPECT_EQ(**value, expected++);
    EXPECT_EQ(expected, 100);
    co_await until_alone();
  });
}

struct letter {
  channel<letter> back;
  explicit letter(channel<letter> to) : back(std::move(to)) {}
};

TEST_P(Channel, CanCarryItsOwnHandle) {
  run([]() -> task<> {
    channel<letter> post(2);
    co_await post.send(letter(post));
    EXPECT_EQ(post.try_send(letter(post)), op_status::success);
    const auto first = co_await post.receive();
    EXPECT_EQ(first->back, post);
    go([post]() -> task<> { co_await post.send(letter(post)); });
    EXPECT_EQ((co_await post.receive())->back, post);
    EXPECT_EQ((co_await post.receive())->back, post);
    co_await until_alone();
  });
}

TEST_P(Channel, BufferedValuesDieWithTheLastHandle) {
  run([]() -> task<> {
    auto held = std::make_shared<int>(1);
    {
      channel<std::shared_ptr<int>> buffered(3);
      co_await buffered.send(held);
      co_await buffered.send(held);
      const auto other = buffered.receiver();
      EXPECT_EQ(held.use_count(), 3);
    }
    EXPECT_EQ(held.use_count(), 1);
  });
}

TEST_P(Channel, AWaitKeepsItsChannelThoughAllHandlesAreDropped) {
  detail::object* object = nullptr;
  std::uint32_t generation = 0;
  run([&]() -> task<> {
    auto [out, in] = make_channel<int>();
    object = detail::channel_access::target(in);
    generation = object->generation;
    go(
        [](receive_channel<int> in) -> task<> {
          auto operation = in.receive();
          in = {};
          co_await std::move(operation);
          ADD_FAILURE() << "nobody can send any more";
        },
        std::move(in));
    co_await until([&] { return waiters(out).receivers; });
    out = {};
    EXPECT_EQ(object->handle_count, 0u);
    EXPECT_TRUE(object->alive);
    EXPECT_EQ(object->generation, generation);
  });
  EXPECT_EQ(object->generation, generation + 1) << "the unwound wait kept the channel";
}

TEST_P(Channel, CanBeUsedFromForeignThreads) {
  run([]() -> task<> {
    channel<int> numbers;
    std::thread outside([numbers] {
      for (int i = 0; i < 500; ++i)
        while (numbers.try_send(i) != op_status::success) std::this_thread::yield();
      numbers.close();
    });
    int expected = 0;
    while (auto number = co_await numbers.receive()) EXPECT_EQ(*number, expected++);
    outside.join();
    EXPECT_EQ(expected, 500);
  });
}

task<> filter(receive_channel<int> in, send_channel<int> out, int prime) {
  while (auto number = co_await in.receive())
    if (*number % prime != 0) co_await out.send(*number);
  out.close();
}

TEST_P(Channel, SievesPrimes) {
  run([]() -> task<> {
    channel<int> numbers;
    go(
        [](send_channel<int> out) -> task<> {
          for (int i = 2; i < 300; ++i) co_await out.send(i);
          out.close();
        },
        numbers.sender());
    receive_channel<int> in = numbers.receiver();
    std::vector<int> primes;
    while (auto prime = co_await in.receive()) {
      primes.push_back(*prime);
      channel<int> next;
      go(filter, in, next.sender(), *prime);
      in = next.receiver();
    }
    EXPECT_EQ(primes.size(), 62u);
    EXPECT_EQ(primes.back(), 293);
    co_await until_alone();
  });
}

// Its destructor may use the channel, or be the last to hold it.
TEST_P(Channel, WhatATryReceiveDisplacesDiesBeforeTheLockIsTaken) {
  struct probe {
    explicit probe(detail::object& channel) : channel(&channel) {}
    probe(probe&& other) noexcept : channel(std::exchange(other.channel, nullptr)) {}
    ~probe() {
      if (channel == nullptr) return;
      const bool free = channel->lock.try_lock();
      EXPECT_TRUE(free) << "a value was destroyed under the channel's lock";
      if (free) channel->lock.unlock();
    }
    detail::object* channel;
  };
  run([]() -> task<> {
    const channel<probe> values(2);
    detail::object& object = *detail::channel_access::target(values);
    co_await values.send(probe(object));
    co_await values.send(probe(object));
    std::optional<probe> into;
    EXPECT_EQ(values.try_receive(into), op_status::success);
    EXPECT_EQ(values.try_receive(into), op_status::success);
    EXPECT_EQ(values.try_receive(into), op_status::would_block);
    EXPECT_FALSE(into.has_value());
  });
}

}  // namespace
