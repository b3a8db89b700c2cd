#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <memory>

#include "support/workers.hpp"

#include <leash/leash.hpp>

namespace {

using namespace leash;
using namespace std::chrono_literals;
using leash::testing::virtual_time;

TEST(Select, TakesTheCaseThatIsReady) {
  run(
      []() -> task<> {
        channel<int> empty;
        channel<int> full(1);
        co_await full.send(7);
        std::optional<int> value;
        EXPECT_EQ(co_await select(on_receive(empty, value), on_receive(full, value)), 1u);
        EXPECT_EQ(value, 7);
      },
      virtual_time);
}

TEST(Select, LeavesWhatItDidNotChooseAlone) {
  run(
      []() -> task<> {
        channel<std::unique_ptr<int>> nobody;
        channel<int> buffered(1);
        co_await buffered.send(1);
        auto value = std::make_unique<int>(3);
        EXPECT_EQ(co_await select(on_send(nobody, std::move(value)), otherwise()), 1u);
        EXPECT_EQ(co_await select(on_send(nobody, std::move(value)), on_timeout(1ms)), 1u);
        // NOLINTNEXTLINE(bugprone-use-after-move): a value that was not sent is not moved from
        EXPECT_EQ(*value, 3);
        std::optional<std::unique_ptr<int>> taken;
        EXPECT_EQ(nobody.try_receive(taken), op_status::would_block);
        EXPECT_EQ(co_await select(on_send(buffered, 2), otherwise()), 1u);
        EXPECT_EQ(buffered.size(), 1u);
      },
      virtual_time);
}

TEST(Select, IsFairAmongTheReady) {
  run(
      []() -> task<> {
        std::array<int, 2> times{};
        channel<int> left(1);
        channel<int> right(1);
        for (int i = 0; i < 2000; ++i) {
          static_cast<void>(left.try_send(1));
          static_cast<void>(right.try_send(1));
          ++times[co_await select(on_receive(left), on_receive(right))];
        }
        EXPECT_GT(times[0], 800);
        EXPECT_GT(times[1], 800);
      },
      virtual_time);
}

TEST(Select, ReportsACloseAsAnEmptyValue) {
  run(
      []() -> task<> {
        channel<int> values;
        channel<> ended;
        go([values, ended]() -> task<> {
          values.close();
          co_return;
        });
        std::optional<int> value = 5;
        bool open = true;
        EXPECT_EQ(co_await select(on_receive(values, value), on_receive(ended, open)), 0u);
        EXPECT_FALSE(value);
        EXPECT_TRUE(open);
        EXPECT_THROW(co_await select(on_send(values, 1)), error);
      },
      virtual_time);
}

TEST(Select, GivesUpAfterItsTimeout) {
  run(
      []() -> task<> {
        channel<int> silent;
        const auto began = now();
        EXPECT_EQ(co_await select(on_receive(silent), on_timeout(50ms)), 1u);
        EXPECT_EQ(now() - began, 50ms);
      },
      virtual_time);
}

TEST(Select, EndsWithItsContext) {
  run(
      []() -> task<> {
        const cancelable_context owner = with_timeout(background(), 5ms);
        EXPECT_EQ(co_await select(on_receive(channel<int>::nil()), on_done(owner)), 1u);
      },
      virtual_time);
}

TEST(Select, RunsTheChosenHandler) {
  run(
      []() -> task<> {
        channel<int> values(1);
        co_await values.send(4);
        int seen = 0;
        EXPECT_EQ(co_await select(on_receive(values, [&](std::optional<int> v) { seen = *v; }),
                                  otherwise([] { ADD_FAILURE(); })),
                  0u);
        EXPECT_EQ(seen, 4);
        EXPECT_EQ(co_await select(on_receive(values, [](std::optional<int>) { ADD_FAILURE(); }),
                                  otherwise([&]() -> task<> {
                                    co_await sleep(1ms);
                                    seen = 9;
                                  })),
                  1u);
        EXPECT_EQ(seen, 9);
      },
      virtual_time);
}

TEST(Otherwise, IsACaseWithAndWithoutParentheses) {
  run(
      []() -> task<> {
        channel<int> empty;
        int ran = 0;
        EXPECT_EQ(co_await select(on_receive(empty), otherwise), 1u);
        EXPECT_EQ(co_await select(otherwise(), on_receive(empty)), 0u);
        EXPECT_EQ(co_await select(on_receive(empty, [](auto) {}), otherwise([&ran] { ran += 1; })),
                  1u);
        EXPECT_EQ(ran, 1);
        selector one;
        one.add(on_receive(empty));
        one.add(otherwise);
        EXPECT_EQ(co_await one.wait(), 1u);
      },
      virtual_time);
}

// The trap of the article's third fix: without a slot the *winner's* answer can be dropped.
TEST(Otherwise, DropsAnAnswerThatNobodyWaitsForYetUnlessThereIsASlot) {
  run(
      []() -> task<> {
        for (const std::size_t capacity : {0u, 1u}) {
          channel<int> answers(capacity);
          go([](send_channel<int> out) -> task<> { co_await select(on_send(out, 1), otherwise()); },
             answers.sender());
          co_await sleep(1ms);
          std::optional<int> answer;
          EXPECT_EQ(answers.try_receive(answer),
                    capacity == 0 ? op_status::would_block : op_status::success);
        }
      },
      virtual_time);
}

TEST(Select, MayNameAChannelMoreThanOnce) {
  run(
      []() -> task<> {
        const channel<int> values(1);
        std::optional<int> first;
        std::optional<int> second;
        EXPECT_LT(
            co_await select(on_send(values, 5), on_send(values, 5), on_receive(values, first)), 2u);
        const auto chosen = co_await select(on_receive(values, first), on_receive(values, second));
        EXPECT_EQ(chosen == 0 ? first : second, 5);
        EXPECT_EQ(chosen == 0 ? second : first, std::nullopt);
      },
      virtual_time);
}

// Selects that name the same channels in opposite order lock them in one order.
TEST(Select, LocksInOneOrderWhateverTheOrderOfItsCases) {
  constexpr int rounds = 200'000;
  run(
      []() -> task<> {
        const channel<int> a;
        const channel<int> b;
        std::atomic<int> chosen{0};
        const auto ask = [&chosen](channel<int> one, channel<int> other) -> task<> {
          for (int i = 0; i < rounds; ++i)
            chosen +=
                static_cast<int>(co_await select(on_receive(one), on_receive(other), otherwise()));
        };
        go(ask, a, b);
        go(ask, b, a);
        co_await leash::testing::until_alone();
        EXPECT_EQ(chosen, 2 * 2 * rounds);
      },
      {.processors = 2, .leaks = leak_policy::off});
}

class SelectUnderLoad : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(SelectUnderLoad);

// Two goroutines that select to send to and receive from each other: every value arrives once.
TEST_P(SelectUnderLoad, DeliversEveryValueOnce) {
  constexpr int rounds = 20000;
  std::array<std::int64_t, 2> sent{};
  std::array<std::int64_t, 2> received{};
  run([&]() -> task<> {
    channel<int> values;
    const auto peer = [&](int self) -> task<> {
      for (int i = 1; i <= rounds; ++i) {
        std::optional<int> value;
        const auto chosen =
            co_await select(on_send(values, i), on_receive(values, value), on_timeout(1s));
        if (chosen == 0) sent[static_cast<std::size_t>(self)] += i;
        if (chosen == 1) received[static_cast<std::size_t>(self)] += *value;
        if (chosen == 2) break;
      }
    };
    co_await with_scope([&](scope& s) -> task<> {
      s.go(peer, 0);
      s.go(peer, 1);
      co_return;
    });
  });
  EXPECT_EQ(sent[0] + sent[1], received[0] + received[1]);
}

}  // namespace
