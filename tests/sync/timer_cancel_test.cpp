#include <gtest/gtest.h>

#include <optional>
#include <thread>
#include <utility>

#include "support/waits.hpp"

#include <leash/leash.hpp>

// What a cancel does to who waits for a timer or a ticker: no time is lost that somebody else could receive, and
// nobody is left.

namespace {

using namespace leash;
using namespace std::chrono_literals;
using detail::wait_reason;
using leash::testing::record;
using leash::testing::this_record;
using leash::testing::until;
using leash::testing::until_alone;
using leash::testing::until_waits;
using time_point = std::chrono::steady_clock::time_point;
using times = receive_channel<time_point>;

class TimerCancel : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(TimerCancel);

bool has_waiters(const times& named) {
  detail::object& object = *detail::channel_access::target(named);
  object.lock.lock();
  const bool found = !object.as<detail::timer_body>().receivers.empty();
  object.lock.unlock();
  return found;
}

op_status look(const times& from) {
  std::optional<time_point> ignored;
  return from.try_receive(ignored);
}

// Receives one time, which it is not to get.
task<> receive_in_vain(times from, record& who) {
  who = this_record();
  co_await from.receive();
  ADD_FAILURE() << "a doomed goroutine went on";
}

TEST_P(TimerCancel, BeforeTheWaitTheTimeStaysForTheNext) {
  run([]() -> task<> {
    const timer once(0ms);
    const ticker beat(1ms);
    for (const times& from : {once.channel(), beat.channel()}) {
      co_await until([&] { return from.size() == 1; });
      const cancelable_context owner = with_cancel(background());
      record who{nullptr};
      go(owner, [&]() -> task<> {
        owner.cancel();
        co_await receive_in_vain(from, who);
      });
      co_await until_alone();
      EXPECT_FALSE(has_waiters(from));
      EXPECT_EQ(look(from), op_status::success);
    }
  });
}

TEST_P(TimerCancel, DuringTheWaitTheTimeGoesToTheNext) {
  run([]() -> task<> {
    const timer once(1h);
    const ticker beat(1h);
    for (const times& from : {once.channel(), beat.channel()}) {
      const cancelable_context owner = with_cancel(background());
      record who{nullptr};
      go(owner, [&] { return receive_in_vain(from, who); });
      co_await until_waits(who, wait_reason::chan_receive);
      owner.cancel();
      co_await until_alone();
      EXPECT_FALSE(has_waiters(from));
    }
    once.reset(0ms);
    beat.reset(1ms);
    EXPECT_TRUE(co_await once.channel().receive());
    EXPECT_TRUE(co_await beat.channel().receive());
  });
}

TEST_P(TimerCancel, OfASelectLeavesTheTimeToTheNext) {
  run([]() -> task<> {
    const timer once(1h);
    const ticker beat(1h);
    const cancelable_context owner = with_cancel(background());
    record who{nullptr};
    go(owner, [&]() -> task<> {
      who = this_record();
      co_await select(on_receive(once.channel()), on_receive(beat.channel()));
      ADD_FAILURE() << "a doomed goroutine went on";
    });
    co_await until_waits(who, wait_reason::select);
    owner.cancel();
    co_await until_alone();
    EXPECT_FALSE(has_waiters(once.channel()));
    EXPECT_FALSE(has_waiters(beat.channel()));
    once.reset(0ms);
    EXPECT_EQ(co_await select(on_receive(once.channel()), on_receive(beat.channel())), 0u);
  });
}

// All that is due goes off before anybody runs: when the cancel comes, the time is handed over.
TEST(TimerCancelInTime, AtTheSameTimeTheTimeIsDelivered) {
  const auto same_time = [](const auto& source, int& delivered) -> task<> {
    const cancelable_context owner = with_cancel(background());
    go(owner, [&]() -> task<> {
      co_await source.channel().receive();
      ++delivered;
      co_await source.channel().receive();
      ADD_FAILURE() << "a doomed goroutine went on";
    });
    co_await sleep(10ms);
    owner.cancel();
    co_await until_alone();
    EXPECT_FALSE(has_waiters(source.channel()));
  };
  leash::run(
      [&]() -> task<> {
        int delivered = 0;
        const timer once(10ms);
        co_await same_time(once, delivered);
        const ticker beat(10ms);
        co_await same_time(beat, delivered);
        EXPECT_EQ(delivered, 2);
      },
      leash::testing::virtual_time);
}

TEST_P(TimerCancel, AtTheInstantItGoesOffTheTimeIsReceivedOrStays) {
  run([]() -> task<> {
    for (int round = 0; round < 200; ++round) {
      const timer once(1h);
      int received = 0;
      record who{nullptr};
      const cancelable_context owner = with_cancel(background());
      go(owner, [&]() -> task<> {
        who = this_record();
        co_await once.channel().receive();
        ++received;
      });
      co_await until_waits(who, wait_reason::chan_receive);
      go([&owner]() -> task<> {
        owner.cancel();
        co_return;
      });
      once.reset(0ms);
      co_await until_alone();
      EXPECT_FALSE(has_waiters(once.channel()));
      EXPECT_EQ(received + (once.stop() ? 1 : 0), 1);
    }
  });
}

TEST_P(TimerCancel, FromADestructorThatStopsItToo) {
  struct at_end {
    const cancelable_context& other;
    const timer& once;
    const ticker& beat;
    bool& stopped;
    ~at_end() {
      other.cancel();
      stopped = once.stop();
      beat.stop();
    }
  };
  run([]() -> task<> {
    const timer once(1h);
    const ticker beat(1h);
    bool stopped = false;
    const cancelable_context owner = with_cancel(background());
    record first{nullptr};
    record second{nullptr};
    go(owner, [&] { return receive_in_vain(once.channel(), first); });
    go(owner, [&] { return receive_in_vain(beat.channel(), second); });
    co_await until_waits(first, wait_reason::chan_receive);
    co_await until_waits(second, wait_reason::chan_receive);
    const cancelable_context last = with_cancel(background());
    record who{nullptr};
    go(last, [&]() -> task<> {
      const at_end here{owner, once, beat, stopped};
      who = this_record();
      co_await channel<>().receive();
    });
    co_await until_waits(who, wait_reason::chan_receive);
    last.cancel();
    co_await until_alone();
    EXPECT_TRUE(stopped);
    EXPECT_FALSE(has_waiters(once.channel()));
    EXPECT_FALSE(has_waiters(beat.channel()));
  });
}

TEST_P(TimerCancel, OfTheirOwnerStopsThem) {
  run([]() -> task<> {
    times from_timer;
    times from_ticker;
    const cancelable_context owner = with_cancel(background());
    record who{nullptr};
    go(owner, [&]() -> task<> {
      const timer once(1h);
      const ticker beat(1h);
      from_timer = once.channel();
      from_ticker = beat.channel();
      who = this_record();
      co_await channel<>().receive();
    });
    co_await until_waits(who, wait_reason::chan_receive);
    owner.cancel();
    co_await until_alone();
    for (const times& from : {from_timer, from_ticker}) {
      const detail::object& object = *detail::channel_access::target(from);
      EXPECT_EQ(object.outside.load() & detail::set_of(detail::capability::send), 0u);
      EXPECT_EQ(look(from), op_status::would_block);
    }
  });
}

TEST_P(TimerCancel, FromAnotherThreadAndTwice) {
  run([]() -> task<> {
    const timer once(1h);
    const ticker beat(1h);
    cancelable_context owner = with_cancel(background());
    record first{nullptr};
    record second{nullptr};
    go(owner, [&] { return receive_in_vain(once.channel(), first); });
    go(owner, [&] { return receive_in_vain(beat.channel(), second); });
    co_await until_waits(first, wait_reason::chan_receive);
    co_await until_waits(second, wait_reason::chan_receive);
    std::thread canceller([given = std::move(owner)] {
      given.cancel();
      given.cancel();
    });
    canceller.join();
    co_await until_alone();
    EXPECT_FALSE(has_waiters(once.channel()));
    EXPECT_FALSE(has_waiters(beat.channel()));
    once.reset(0ms);
    EXPECT_TRUE(co_await once.channel().receive());
  });
}

}  // namespace
