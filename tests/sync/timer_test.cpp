#include <gtest/gtest.h>

#include <optional>
#include <utility>

#include "support/expect_error.hpp"
#include "support/waits.hpp"
#include "support/workers.hpp"

#include <leash/leash.hpp>

namespace {

using namespace leash;
using namespace std::chrono_literals;
using detail::capability;
using detail::set_of;
using leash::testing::expect_error;
using leash::testing::until_alone;
using time_point = std::chrono::steady_clock::time_point;

template <class F>
void in_virtual_time(F main) {
  leash::run(std::move(main), leash::testing::virtual_time);
}

op_status looked_at(const receive_channel<time_point>& times) {
  std::optional<time_point> ignored;
  return times.try_receive(ignored);
}

TEST(Timer, SendsTheTimeOnceWhenItGoesOff) {
  in_virtual_time([]() -> task<> {
    const auto began = now();
    const timer once(10ms);
    EXPECT_EQ(looked_at(once.channel()), op_status::would_block);
    EXPECT_EQ(co_await once.channel().receive(), began + 10ms);
    co_await sleep(1s);
    EXPECT_EQ(looked_at(once.channel()), op_status::would_block);
  });
}

TEST(Timer, OfNoTimeGoesOffAtOnce) {
  in_virtual_time([]() -> task<> {
    const auto began = now();
    const timer zero(0ms);
    const timer past(-1h);
    EXPECT_EQ(co_await zero.channel().receive(), began);
    EXPECT_EQ(co_await past.channel().receive(), began);
  });
}

TEST(Timer, OfAsLongAsCanBeNeverGoesOff) {
  in_virtual_time([]() -> task<> {
    const timer patient(std::chrono::nanoseconds::max());
    co_await sleep(24h);
    EXPECT_EQ(looked_at(patient.channel()), op_status::would_block);
    EXPECT_TRUE(patient.stop());
  });
}

TEST(Timer, ThatIsStoppedDoesNotGoOff) {
  in_virtual_time([]() -> task<> {
    const timer once(10ms);
    EXPECT_TRUE(once.stop());
    EXPECT_FALSE(once.stop());
    co_await sleep(20ms);
    EXPECT_EQ(looked_at(once.channel()), op_status::would_block);
  });
}

TEST(Timer, ThatWasReceivedCannotBeStopped) {
  in_virtual_time([]() -> task<> {
    const timer once(10ms);
    co_await once.channel().receive();
    EXPECT_FALSE(once.stop());
    EXPECT_FALSE(once.reset(10ms));
  });
}

TEST(Timer, GivesNoTimeOfBeforeAfterAStop) {
  in_virtual_time([]() -> task<> {
    const timer once(10ms);
    co_await sleep(20ms);
    EXPECT_TRUE(once.stop());  // it had gone off, but nobody had received that
    EXPECT_EQ(looked_at(once.channel()), op_status::would_block);
  });
}

TEST(Timer, GivesNoTimeOfBeforeAfterAReset) {
  in_virtual_time([]() -> task<> {
    const timer once(10ms);
    co_await sleep(20ms);
    const auto again = now();
    EXPECT_TRUE(once.reset(30ms));
    EXPECT_EQ(looked_at(once.channel()), op_status::would_block);
    EXPECT_EQ(co_await once.channel().receive(), again + 30ms);
  });
}

TEST(Timer, CanBePutOffAndBroughtForward) {
  in_virtual_time([]() -> task<> {
    const auto began = now();
    const timer later(10ms);
    EXPECT_TRUE(later.reset(50ms));
    const timer sooner(50ms);
    EXPECT_TRUE(sooner.reset(10ms));
    EXPECT_EQ(co_await sooner.channel().receive(), began + 10ms);
    EXPECT_EQ(co_await later.channel().receive(), began + 50ms);
    co_await sleep(1s);
    EXPECT_EQ(looked_at(sooner.channel()), op_status::would_block);
    EXPECT_EQ(looked_at(later.channel()), op_status::would_block);
  });
}

TEST(Timer, GoesOffAgainAfterEveryReset) {
  in_virtual_time([]() -> task<> {
    const timer again(10ms);
    for (int i = 1; i <= 20; ++i) {
      const auto began = now();
      again.stop();
      again.reset(i * 1ms);
      EXPECT_EQ(co_await again.channel().receive(), began + i * 1ms);
    }
  });
}

TEST(Timer, ThatIsAlwaysPutOffNeverGoesOff) {
  in_virtual_time([]() -> task<> {
    const timer idle(10ms);
    for (int i = 0; i < 100; ++i) {
      co_await sleep(9ms);
      EXPECT_TRUE(idle.reset(10ms));
    }
    EXPECT_EQ(looked_at(idle.channel()), op_status::would_block);
    const auto last = now();
    EXPECT_EQ(co_await idle.channel().receive(), last + 10ms);
  });
}

TEST(Timer, OfAnOwnerThatGoesIsStopped) {
  in_virtual_time([]() -> task<> {
    receive_channel<time_point> times;
    {
      const timer once(10ms);
      times = once.channel();
    }
    co_await sleep(20ms);
    EXPECT_EQ(looked_at(times), op_status::would_block);
  });
}

TEST(Timer, CanBeMovedAndIsNilAfterwards) {
  in_virtual_time([]() -> task<> {
    const auto began = now();
    timer first(10ms);
    timer second(std::move(first));
    EXPECT_TRUE(first.is_nil());  // NOLINT(bugprone-use-after-move)
    EXPECT_FALSE(first.stop());
    EXPECT_TRUE(first.channel().is_nil());
    expect_error(errc::nil_handle, [&] { first.reset(1ms); });
    timer third(1h);
    const auto replaced = third.channel();
    third = std::move(second);
    EXPECT_EQ(co_await third.channel().receive(), began + 10ms);
    co_await sleep(2h);
    EXPECT_EQ(looked_at(replaced), op_status::would_block);
  });
}

TEST(Timer, IsRefusedOutsideGoroutines) {
  expect_error(errc::no_runtime, [] { const timer once(1ms); });
  expect_error(errc::no_runtime, [] { const ticker beat(1ms); });
}

TEST(Ticker, TicksToTheBeat) {
  in_virtual_time([]() -> task<> {
    const auto began = now();
    const ticker beat(10ms);
    for (int i = 1; i <= 5; ++i) EXPECT_EQ(co_await beat.channel().receive(), began + i * 10ms);
  });
}

TEST(Ticker, DropsTicksForASlowReceiverAndKeepsToTheBeat) {
  in_virtual_time([]() -> task<> {
    const auto began = now();
    const ticker beat(10ms);
    co_await sleep(55ms);
    EXPECT_EQ(co_await beat.channel().receive(), began + 10ms);
    EXPECT_EQ(looked_at(beat.channel()), op_status::would_block);
    EXPECT_EQ(co_await beat.channel().receive(), began + 60ms);
  });
}

TEST(Ticker, ThatIsStoppedTicksNoMoreAndGivesNoTickOfBefore) {
  in_virtual_time([]() -> task<> {
    const ticker beat(10ms);
    co_await sleep(15ms);
    beat.stop();
    EXPECT_EQ(looked_at(beat.channel()), op_status::would_block);
    co_await sleep(1s);
    EXPECT_EQ(looked_at(beat.channel()), op_status::would_block);
    EXPECT_FALSE(beat.channel().is_closed());
  });
}

TEST(Ticker, TakesAnotherPeriodByReset) {
  in_virtual_time([]() -> task<> {
    const auto began = now();
    const ticker beat(20ms);
    EXPECT_EQ(co_await beat.channel().receive(), began + 20ms);
    beat.reset(40ms);
    EXPECT_EQ(co_await beat.channel().receive(), began + 60ms);
    EXPECT_EQ(co_await beat.channel().receive(), began + 100ms);
    beat.stop();
    beat.reset(5ms);
    EXPECT_EQ(co_await beat.channel().receive(), began + 105ms);
  });
}

TEST(Ticker, RefusesAPeriodThatIsNotPositive) {
  in_virtual_time([]() -> task<> {
    expect_error(errc::bad_option, [] { const ticker beat(0ms); });
    expect_error(errc::bad_option, [] { const ticker beat(-1ms); });
    const ticker beat(1ms);
    expect_error(errc::bad_option, [&] { beat.reset(0ms); });
    co_return;
  });
}

TEST(Ticker, OfAnOwnerThatGoesIsStoppedAndCanBeMoved) {
  in_virtual_time([]() -> task<> {
    receive_channel<time_point> times;
    {
      ticker beat(10ms);
      const ticker moved(std::move(beat));
      EXPECT_TRUE(beat.is_nil());  // NOLINT(bugprone-use-after-move)
      times = moved.channel();
      EXPECT_TRUE(co_await times.receive());
    }
    co_await sleep(1s);
    EXPECT_EQ(looked_at(times), op_status::would_block);
  });
}

// Whether the runtime, without a handle, can end a receive.
bool can_go_off(const receive_channel<time_point>& times) {
  const auto& object = *detail::channel_access::target(times);
  return (object.outside.load() & set_of(capability::send)) != 0;
}

TEST(TimerForAProof, EndsAReceiveFromOutsideWhileItIsArmed) {
  in_virtual_time([]() -> task<> {
    const timer once(10ms);
    EXPECT_TRUE(can_go_off(once.channel()));
    co_await once.channel().receive();
    EXPECT_FALSE(can_go_off(once.channel()));
    once.reset(10ms);
    EXPECT_TRUE(can_go_off(once.channel()));
    once.stop();
    EXPECT_FALSE(can_go_off(once.channel()));
    const ticker beat(10ms);
    co_await beat.channel().receive();
    EXPECT_TRUE(can_go_off(beat.channel()));
    beat.stop();
    EXPECT_FALSE(can_go_off(beat.channel()));
  });
}

TEST(TimerForAProof, HasItsOwnerAsTheOnlyOtherSender) {
  in_virtual_time([]() -> task<> {
    const timer once(10ms);
    const auto times = once.channel();
    detail::object& object = *detail::channel_access::target(times);
    EXPECT_EQ(leash::testing::able(object, capability::send).size(), 1u);
    const auto version = object.versions[static_cast<std::size_t>(capability::send)].load();
    once.reset(10ms);
    EXPECT_GT(object.versions[static_cast<std::size_t>(capability::send)].load(), version);
    co_return;
  });
}

class TimerOnWorkers : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(TimerOnWorkers);

TEST_P(TimerOnWorkers, StopsResetsAndReceivesOnManyWorkersLoseNothing) {
  run([]() -> task<> {
    for (int round = 0; round < 30; ++round) {
      const timer shared(1ms);
      for (int i = 0; i < 4; ++i)
        go([&shared]() -> task<> {
          for (int k = 0; k < 20; ++k) {
            shared.reset(0ms);
            co_await this_goroutine::yield();
            shared.stop();
          }
        });
      const cancelable_context owner = with_cancel(background());
      go(owner, [&shared]() -> task<> {
        for (;;) co_await shared.channel().receive();
      });
      co_await leash::testing::until([] { return num_goroutines() == 2; });
      EXPECT_FALSE(shared.stop());
      owner.cancel();
      co_await until_alone();
    }
  });
}

}  // namespace
