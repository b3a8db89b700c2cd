#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <queue>
#include <utility>
#include <vector>

#include "support/workers.hpp"

#include <leash/channel.hpp>
#include <leash/select.hpp>

// Small programs of goroutines and channels, after those in Go's test/chan; see tests/go_semantics.md.

namespace {

using namespace leash;
using leash::testing::until_alone;

class ChannelProgram : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(ChannelProgram);

TEST_P(ChannelProgram, ABufferedChannelIsAQueue) {
  run([]() -> task<> {
    const channel<int> queue(10);
    for (int i = 0; i < 10; ++i) co_await queue.send(i);
    for (int i = 0; i < 10; ++i) EXPECT_EQ(co_await queue.receive(), i);
  });
}

// Each receives after the one before it has.
TEST_P(ChannelProgram, ADaisyChainReceivesValuesInTheOrderOfTheirSends) {
  run([]() -> task<> {
    const channel<int> values;
    const channel<> start;
    channel<> turn = start;
    for (int i = 0; i < 10; ++i) {
      const channel<> next;
      go([values, turn, next, i]() -> task<> {
        co_await turn.receive();
        EXPECT_EQ(co_await values.receive(), i);
        co_await next.send();
      });
      turn = next;
    }
    co_await start.send();
    for (int i = 0; i < 10; ++i) co_await values.send(i);
    EXPECT_TRUE(co_await turn.receive());
    co_await until_alone();
  });
}

TEST_P(ChannelProgram, AChainOfTenThousandGoroutinesPassesAValueOn) {
  run([]() -> task<> {
    const channel<int> leftmost;
    channel<int> left = leftmost;
    for (int i = 0; i < 10'000; ++i) {
      const channel<int> right;
      go([left, right]() -> task<> { co_await left.send(*co_await right.receive() + 1); });
      left = right;
      if (i % 1000 == 0) co_await this_goroutine::yield();
    }
    EXPECT_EQ(num_goroutines(), 10'001u);
    go([left]() -> task<> { co_await left.send(1); });
    EXPECT_EQ(co_await leftmost.receive(), 10'001);
    co_await until_alone();
  });
}

TEST_P(ChannelProgram, ManyConsumersHandEveryValueOnOnce) {
  constexpr int consumers = 23;
  static constexpr int rounds = 20'000;
  run([]() -> task<> {
    constexpr std::array<int, 10> numbers{2, 3, 7, 11, 13, 17, 19, 23, 27, 31};
    const channel<int> work(std::size_t{consumers} * 3);
    const channel<int> results(std::size_t{consumers} * 3);
    std::atomic<int> left{consumers};
    for (std::size_t id = 0; id < consumers; ++id)
      go([&, work, results, id]() -> task<> {
        while (const auto value = co_await work.receive()) {
          if (*value == numbers[id % numbers.size()]) co_await this_goroutine::yield();
          co_await results.send(*value);
        }
        if (--left == 0) results.close();
      });
    std::int64_t expected = 0;
    for (int i = 0; i < rounds; ++i) expected += numbers[static_cast<std::size_t>(i) % 10];
    go([&numbers, work]() -> task<> {
      for (int i = 0; i < rounds; ++i)
        co_await work.send(numbers[static_cast<std::size_t>(i) % 10]);
      work.close();
    });
    std::int64_t sum = 0;
    int count = 0;
    for (; const auto value = co_await results.receive(); ++count) sum += *value;
    EXPECT_EQ(count, rounds);
    EXPECT_EQ(sum, expected);
    co_await until_alone();
  });
}

// first, first + step, first + 2 step, … for ever.
receive_channel<int> count_from(int first, int step, std::size_t ahead) {
  const channel<int> out(ahead);
  go([out, first, step]() -> task<> {
    for (int n = first;; n += step) co_await out.send(n);
  });
  return out.receiver();
}

// Takes as much as comes and passes it on when somebody wants it: a channel without a limit.
send_channel<int> without_limit(const channel<int>& out) {
  const channel<int> in(10);
  go([in, out]() -> task<> {
    std::deque<int> kept;
    for (;;) {
      const channel<int> wanted = kept.empty() ? channel<int>::nil() : out;
      std::optional<int> value;
      if (co_await select(on_receive(in, value),
                          on_send(wanted, kept.empty() ? 0 : kept.front())) == 0)
        kept.push_back(*value);
      else
        kept.pop_front();
    }
  });
  return in.sender();
}

// The odd composites in order: the multiples of every prime from `primes`, merged.
task<> merge_multiples(channel<int> primes, send_channel<int> composites) {
  struct stream {
    int head;
    receive_channel<int> rest;
    bool operator<(const stream& other) const { return head > other.head; }
  };
  std::priority_queue<stream> streams;
  const auto next = [&streams]() -> task<int> {
    stream least = streams.top();
    streams.pop();
    const int head = least.head;
    least.head = *co_await least.rest.receive();
    streams.push(std::move(least));
    co_return head;
  };
  int last = 0;
  for (;;) {
    const int prime = *co_await primes.receive();
    const int square = prime * prime;
    while (!streams.empty() && streams.top().head < square) {
      const int composite = co_await next();
      if (composite != std::exchange(last, composite)) co_await composites.send(composite);
    }
    // At once: the next prime may be behind it.
    co_await composites.send(square);
    streams.push({square + 2 * prime, count_from(square + 4 * prime, 2 * prime, 10)});
  }
}

TEST_P(ChannelProgram, SievesPrimesFromMergedStreamsOfMultiples) {
  run([]() -> task<> {
    const channel<int> found(10);
    const channel<int> composites(50);
    go([found, composites]() -> task<> {
      const channel<int> feedback(10);
      go(merge_multiples, feedback, composites.sender());
      const auto back = without_limit(feedback);
      co_await back.send(3);
      const auto candidates = count_from(5, 2, 50);
      co_await found.send(2);
      co_await found.send(3);
      int candidate = *co_await candidates.receive();
      for (;;) {
        const int composite = *co_await composites.receive();
        for (; candidate < composite; candidate = *co_await candidates.receive()) {
          co_await back.send(candidate);
          co_await found.send(candidate);
        }
        candidate = *co_await candidates.receive();
      }
    });
    std::vector<int> primes;
    while (primes.size() < 168) primes.push_back(*co_await found.receive());
    for (const int prime : primes)
      for (int divisor = 2; divisor * divisor <= prime; ++divisor) EXPECT_NE(prime % divisor, 0);
    EXPECT_EQ(primes.front(), 2);
    EXPECT_EQ(primes.back(), 997) << "the 168th prime";
  });
}

}  // namespace
