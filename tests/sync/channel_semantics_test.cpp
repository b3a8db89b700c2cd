#include <gtest/gtest.h>

#include <any>
#include <array>
#include <atomic>
#include <concepts>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "support/blocking.hpp"
#include "support/workers.hpp"

#include <leash/channel.hpp>
#include <leash/select.hpp>

// Channels behave as Go's: what tests/go_semantics.md names for test/chan and runtime/chan_test.go.

namespace {

using namespace leash;
using leash::testing::blocks;
using leash::testing::until;
using leash::testing::until_alone;

constexpr auto capacities = std::to_array<std::size_t>({0, 1, 2, 7, 64});

class ChannelSemantics : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(ChannelSemantics);

TEST_P(ChannelSemantics, AnEmptyChannelHoldsReceiversUp) {
  run([]() -> task<> {
    for (const std::size_t capacity : capacities) {
      const channel<int> empty(capacity);
      EXPECT_TRUE(co_await blocks([empty]() -> task<> { co_await empty.receive(); }));
      std::optional<int> value;
      EXPECT_EQ(empty.try_receive(value), op_status::would_block);
      EXPECT_EQ(co_await select(on_receive(empty), otherwise()), 1u);
    }
  });
}

TEST_P(ChannelSemantics, AFullChannelHoldsSendersUp) {
  run([]() -> task<> {
    for (const std::size_t capacity : capacities) {
      const channel<int> full(capacity);
      for (std::size_t i = 0; i < capacity; ++i) co_await full.send(0);
      EXPECT_TRUE(co_await blocks([full]() -> task<> { co_await full.send(1); }));
      EXPECT_EQ(full.try_send(2), op_status::would_block);
      EXPECT_EQ(co_await select(on_send(full, 3), otherwise()), 1u);
      EXPECT_EQ(full.size(), capacity);
    }
  });
}

TEST_P(ChannelSemantics, AClosedChannelGivesWhatItHeldAndThenNothing) {
  run([]() -> task<> {
    for (const std::size_t capacity : capacities) {
      const channel<int> closed(capacity);
      for (std::size_t i = 0; i < capacity; ++i) co_await closed.send(static_cast<int>(i));
      closed.close();
      for (std::size_t i = 0; i < capacity; ++i)
        EXPECT_EQ(co_await closed.receive(), static_cast<int>(i));
      for (int i = 0; i < 3; ++i) EXPECT_EQ(co_await closed.receive(), std::nullopt);
    }
  });
}

TEST_P(ChannelSemantics, ManySendersAndReceiversShareAChannel) {
  static constexpr int each = 500;
  static constexpr int goroutines = 4;
  run([]() -> task<> {
    for (const std::size_t capacity : capacities) {
      const channel<int> shared(capacity);
      std::array<std::atomic<int>, each> seen{};
      for (int i = 0; i < goroutines; ++i) {
        go([shared]() -> task<> {
          for (int value = 0; value < each; ++value) co_await shared.send(value);
        });
        go([shared, &seen]() -> task<> {
          for (int count = 0; count < each; ++count)
            ++seen[static_cast<std::size_t>(*co_await shared.receive())];
        });
      }
      co_await until_alone();
      for (const auto& times : seen) EXPECT_EQ(times, goroutines);
    }
  });
}

// There is a value or the channel is closed, at every moment.
TEST_P(ChannelSemantics, AReceiveIsPossibleAllTheWhileThatAChannelIsClosed) {
  run([]() -> task<> {
    for (int round = 0; round < 1000; ++round) {
      const channel<int> one(1);
      co_await one.send(1);
      std::atomic<bool> ready{false};
      go([one, &ready]() -> task<> { ready = co_await select(on_receive(one), otherwise()) == 0; });
      one.close();
      co_await one.receive();
      co_await until_alone();
      EXPECT_TRUE(ready);
    }
  });
}

TEST_P(ChannelSemantics, CarriesValuesOfAnyType) {
  run([]() -> task<> {
    struct message {};
    const channel<std::any> anything(1);
    const std::any sent = std::make_shared<message>();
    co_await anything.send(sent);
    EXPECT_EQ(co_await select(on_send(anything, sent), otherwise()), 1u);
    EXPECT_EQ(co_await select(on_send(anything, sent), on_send(anything, 5), otherwise()), 2u);
    EXPECT_EQ(std::any_cast<std::shared_ptr<message>>(*co_await anything.receive()),
              std::any_cast<std::shared_ptr<message>>(sent));
    EXPECT_EQ(co_await select(on_send(anything, std::string("text")), otherwise()), 0u);
    EXPECT_EQ(std::any_cast<std::string>(*co_await anything.receive()), "text");
  });
}

struct answer {
  std::string text;
  std::unique_ptr<int> code;
};

task<answer> ask(bool by_select) {
  const channel<answer> reply;
  const channel<> gone;
  go([reply, gone, by_select]() -> task<> {
    answer made{.text = std::string(64, 'x'), .code = std::make_unique<int>(7)};
    if (by_select)
      co_await select(on_send(reply, std::move(made)), on_receive(gone));
    else
      co_await reply.send(std::move(made));
  });
  auto received = co_await reply.receive();
  co_await this_goroutine::yield();
  co_return std::move(*received);
}

void keeps_answers_whole(bool by_select, std::uint32_t workers) {
  leash::run(
      [by_select]() -> task<> {
        for (int client = 0; client < 8; ++client)
          go([by_select]() -> task<> {
            for (int i = 0; i < 100; ++i) {
              const answer got = co_await ask(by_select);
              EXPECT_EQ(got.text, std::string(64, 'x'));
              EXPECT_EQ(*got.code, 7);
            }
          });
        co_await until_alone();
      },
      {.processors = workers, .leaks = leak_policy::off});
}

TEST_P(ChannelSemantics, AValueSurvivesTheGoroutineThatSentIt) {
  keeps_answers_whole(false, GetParam());
}

TEST_P(ChannelSemantics, AValueSurvivesTheGoroutineThatSentItBySelect) {
  keeps_answers_whole(true, GetParam());
}

// Operations that do not wait, against peers that do.
template <class T>
task<> meets_who_waits(std::size_t capacity, T first, T second) {
  const channel<T> values(capacity);
  std::optional<T> got;
  EXPECT_EQ(co_await select(on_receive(values, got), otherwise()), 1u);
  go([values, first]() -> task<> { EXPECT_EQ(*co_await values.receive(), first); });
  while (co_await select(on_send(values, first), otherwise()) != 0)
    co_await this_goroutine::yield();
  co_await until_alone();
  go([values, second]() -> task<> { co_await values.send(second); });
  while (co_await select(on_receive(values, got), otherwise()) != 0)
    co_await this_goroutine::yield();
  EXPECT_EQ(got, second);
  co_await until_alone();
}

TEST_P(ChannelSemantics, OperationsThatDoNotWaitMeetThoseThatDo) {
  run([]() -> task<> {
    for (const std::size_t capacity : {0u, 1u}) {
      co_await meets_who_waits<std::int32_t>(capacity, 123, 234);
      co_await meets_who_waits<std::int64_t>(capacity, 123456, 234567);
      co_await meets_who_waits<bool>(capacity, true, true);
      co_await meets_who_waits<std::string>(capacity, "hello", "hello again");
    }
  });
}

TEST_P(ChannelSemantics, AReceivedChannelCanBeACaseOfASelect) {
  run([]() -> task<> {
    const channel<channel<int>> channels(1);
    const channel<int> values(1);
    co_await channels.send(values);
    const channel<int> named = *co_await channels.receive();
    EXPECT_EQ(named, values);
    EXPECT_EQ(co_await select(on_send(named, 2), otherwise()), 0u);
    EXPECT_EQ(co_await values.receive(), 2);
  });
}

template <class T>
task<> carries_nothing(std::size_t capacity) {
  const channel<T> events(capacity);
  EXPECT_EQ(events.capacity(), capacity);
  go([events]() -> task<> {
    for (int i = 0; i < 10; ++i)
      if constexpr (std::is_void_v<T>)
        co_await events.send();
      else
        co_await events.send(T{});
    events.close();
  });
  int count = 0;
  while (co_await events.receive()) ++count;
  EXPECT_EQ(count, 10);
  co_await until_alone();
}

TEST_P(ChannelSemantics, CarriesValuesWithoutASize) {
  run([]() -> task<> {
    struct empty {};
    for (const std::size_t capacity : {0u, 1u}) {
      co_await carries_nothing<void>(capacity);
      co_await carries_nothing<empty>(capacity);
      co_await carries_nothing<std::array<char, 0>>(capacity);
    }
  });
}

template <class C>
concept can_send = requires(const C& c) { c.send(1); } || requires(const C& c) { on_send(c, 1); } ||
                   requires(const C& c) { c.try_send(1); };
template <class C>
concept can_receive = requires(const C& c) { c.receive(); } || requires(const C& c) {
  on_receive(c);
} || requires(const C& c, std::optional<int>& into) { c.try_receive(into); };
template <class C>
concept can_close = requires(const C& c) { c.close(); } || requires(const C& c) { c.try_close(); };

using both = channel<int>;
using sends = send_channel<int>;
using receives = receive_channel<int>;

TEST(ChannelDirection, IsCheckedByTheCompiler) {
  static_assert(can_send<both> && can_receive<both> && can_close<both>);
  static_assert(can_send<sends> && !can_receive<sends> && can_close<sends>);
  static_assert(!can_send<receives> && can_receive<receives> && !can_close<receives>);
  static_assert(!can_send<int> && !can_receive<int> && !can_close<int>);

  static_assert(std::convertible_to<both, sends> && std::convertible_to<both, receives>);
  static_assert(!std::constructible_from<both, sends> && !std::constructible_from<both, receives>);
  static_assert(!std::constructible_from<sends, receives>);
  static_assert(!std::constructible_from<receives, sends>);
  static_assert(std::is_assignable_v<sends&, both> && std::is_assignable_v<receives&, both>);
  static_assert(!std::is_assignable_v<both&, sends> && !std::is_assignable_v<both&, receives>);
  SUCCEED();
}

}  // namespace
