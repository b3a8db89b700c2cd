#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "support/workers.hpp"

#include <leash/leash.hpp>

// Plain threads that send to and receive from goroutines and each other.

namespace {

using namespace leash;
using leash::testing::until;
using leash::testing::until_alone;

class Thread : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(Thread);

enum class side : std::uint8_t { receivers, senders };
template <class Channel>
bool waits_on(const Channel& channel, side which) {
  detail::object& object = *detail::channel_access::target(channel);
  object.lock.lock();
  const auto& body = object.as<detail::channel_body>();
  const bool some = !(which == side::receivers ? body.receivers : body.senders).empty();
  object.lock.unlock();
  return some;
}
template <class Channel>
void wait_until_on(const Channel& channel, side which) {
  while (!waits_on(channel, which)) std::this_thread::yield();
}

TEST_P(Thread, ReceivesWhatGoroutinesSendAndSendsToThem) {
  const channel<int> numbers;
  const channel<std::string> texts;
  std::thread peer([=] {
    int sum = 0;
    while (auto number = numbers.receive_blocking()) sum += *number;
    texts.send_blocking(std::to_string(sum));
  });
  run([=]() -> task<> {
    for (int i = 1; i <= 100; ++i) co_await numbers.send(i);
    numbers.close();
    EXPECT_EQ(co_await texts.receive(), "5050");
  });
  peer.join();
}

TEST(ThreadAlone, NeedsNoRuntime) {
  const channel<std::unique_ptr<int>> values(1);
  values.send_blocking(std::make_unique<int>(1));
  std::thread peer([&] {
    EXPECT_EQ(**values.receive_blocking(), 1);
    EXPECT_EQ(**values.receive_blocking(), 2);
    EXPECT_EQ(values.receive_blocking(), std::nullopt);
  });
  values.send_blocking(std::make_unique<int>(2));
  values.close();
  peer.join();
  const channel<> signals(1);
  signals.send_blocking();
  EXPECT_TRUE(signals.receive_blocking());
  signals.close();
  EXPECT_FALSE(signals.receive_blocking());
}

TEST(ThreadAlone, UsesTheEndThatItHas) {
  auto [tx, rx] = make_channel<int>();
  std::thread peer([tx = std::move(tx)] {
    const int copied = 6;
    tx.send_blocking(copied);
    tx.close();
  });
  EXPECT_EQ(rx.receive_blocking(), 6);
  EXPECT_EQ(rx.receive_blocking(), std::nullopt);
  peer.join();
}

TEST(ThreadAlone, IsServedFirstComeFirstServed) {
  const channel<int> line;
  std::vector<std::thread> threads;
  for (int i = 0; i < 5; ++i) {
    threads.emplace_back([=] { line.send_blocking(i); });
    const auto count = [&] {
      std::size_t waiting = 0;
      auto& pool = detail::goroutine_pool::instance();
      for (std::uint32_t at = 0; at < pool.size(); ++at)
        waiting += detail::state_of(pool[at].word.load()) == detail::wait_state::waiting;
      return waiting;
    };
    while (count() < static_cast<std::size_t>(i) + 1) std::this_thread::yield();
    wait_until_on(line, side::senders);
  }
  for (int i = 0; i < 5; ++i) EXPECT_EQ(line.receive_blocking(), i);
  for (auto& each : threads) each.join();
}

TEST(ThreadAlone, IsWokenByAClose) {
  const channel<std::string> line;
  std::thread receiver([=] { EXPECT_EQ(line.receive_blocking(), std::nullopt); });
  wait_until_on(line, side::receivers);
  line.close();
  receiver.join();
  const channel<std::string> full;
  std::thread sender([=] {
    std::string kept = "kept";
    try {
      full.send_blocking(std::move(kept));
      ADD_FAILURE() << "sent on a closed channel";
    } catch (const error& closed) {
      EXPECT_EQ(closed.code(), errc::closed_channel);
    }
    EXPECT_EQ(kept, "kept");  // NOLINT(bugprone-use-after-move): what is not sent is not moved from
  });
  wait_until_on(full, side::senders);
  full.close();
  sender.join();
  EXPECT_THROW(full.send_blocking("late"), error);
}

TEST(ThreadAlone, RefusesANilChannel) {
  try {
    channel<int>::nil().receive_blocking();
    ADD_FAILURE();
  } catch (const error& refused) {
    EXPECT_EQ(refused.code(), errc::nil_channel);
  }
  EXPECT_THROW(send_channel<>().send_blocking(), error);
}

TEST_P(Thread, ThatRunsGoroutinesMayNotBlock) {
  run([]() -> task<> {
    const channel<int> ready(1);
    for (int i = 0; i < 2; ++i) {
      try {
        if (i == 0)
          ready.send_blocking(1);
        else
          ready.receive_blocking();
        ADD_FAILURE() << "it blocked a worker";
      } catch (const error& refused) {
        EXPECT_EQ(refused.code(), errc::blocks_worker);
      }
      EXPECT_EQ(ready.size(), 0u);
    }
    co_return;
  });
}

// What the proof of a leak reads: a waiting thread is live, and no goroutine is counted for it.
TEST(ThreadAlone, IsPublishedAsLive) {
  const channel<int> line;
  std::thread receiver([=] { line.receive_blocking(); });
  wait_until_on(line, side::receivers);
  EXPECT_EQ(num_goroutines(), 0u);
  detail::object& object = *detail::channel_access::target(line);
  object.lock.lock();
  auto& pool = detail::goroutine_pool::instance();
  int found = 0;
  for (std::uint32_t i = 0; i < pool.size(); ++i) {
    const detail::goroutine& each = pool[i];
    if (detail::state_of(each.word.load()) != detail::wait_state::waiting) continue;
    ++found;
    EXPECT_TRUE(each.external);
    EXPECT_EQ(each.home.load(), nullptr);
    EXPECT_STREQ(text_of(each.reason.load()), "chan receive");
    EXPECT_EQ(each.targets[0].target.load(), &object);
  }
  object.lock.unlock();
  EXPECT_EQ(found, 1);
  line.send_blocking(1);
  receiver.join();
}

// The end of run() leaves threads alone: they are not its survivors.
TEST_P(Thread, OutlivesARuntime) {
  const channel<int> line;
  std::thread receiver([=] { EXPECT_EQ(line.receive_blocking(), 3); });
  wait_until_on(line, side::receivers);
  run([]() -> task<> { co_return; });
  run([=]() -> task<> {
    EXPECT_EQ(line.try_send(3), op_status::success);
    co_return;
  });
  receiver.join();
}

TEST_P(Thread, AGoroutineThatIsCancelledLeavesItsPlaceToAThread) {
  run([]() -> task<> {
    const channel<int> line;
    const cancelable_context owner = with_cancel(background());
    go(owner, [line]() -> task<> { co_await line.receive(); });
    co_await until([&] { return waits_on(line, side::receivers); });
    owner.cancel();
    co_await until_alone();
    std::thread receiver([=] { EXPECT_EQ(line.receive_blocking(), 4); });
    co_await line.send(4);
    receiver.join();
  });
}

// Threads, goroutines and cancels on one channel: every value that was sent is received once.
TEST_P(Thread, TakesPartInAnyMixtureAndNothingIsLost) {
  constexpr int each_sends = 300;
  for (const std::size_t capacity : {0u, 2u}) {
    const channel<int> line(capacity);
    std::atomic<long> sent{0};
    std::atomic<long> received{0};
    std::atomic<int> senders{4};
    const auto last_closes = [&] {
      if (--senders == 0) line.close();
    };
    std::vector<std::thread> threads;
    for (int t = 0; t < 2; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < each_sends; ++i) {
          line.send_blocking(t * each_sends + i);
          sent += t * each_sends + i;
        }
        last_closes();
      });
      threads.emplace_back([&] {
        while (auto value = line.receive_blocking()) received += *value;
      });
    }
    run([&]() -> task<> {
      for (int t = 2; t < 4; ++t) {
        go([&, t]() -> task<> {
          for (int i = 0; i < each_sends; ++i) {
            co_await line.send(t * each_sends + i);
            sent += t * each_sends + i;
          }
          last_closes();
        });
        go([&]() -> task<> {
          while (auto value = co_await line.receive()) received += *value;
        });
      }
      while (!line.is_closed()) {
        const cancelable_context owner = with_cancel(background());
        go(owner, [&]() -> task<> {
          while (auto value = co_await line.receive()) received += *value;
        });
        co_await this_goroutine::yield();
      }
      co_await until_alone();
    });
    for (auto& each : threads) each.join();
    EXPECT_EQ(sent, received);
  }
}

}  // namespace
