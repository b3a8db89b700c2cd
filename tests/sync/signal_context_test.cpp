#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <exception>
#include <thread>
#include <vector>

#include "support/expect_error.hpp"
#include "support/workers.hpp"

#include <leash/leash.hpp>

// Signals of the test's own process. SIGUSR1 and SIGUSR2 would end it, if nobody handled them.

namespace {

using namespace leash;
using leash::testing::expect_error;
using leash::testing::until_alone;

// What the process does on a signal.
auto handler_of(int number) {
  struct sigaction now{};
  sigaction(number, nullptr, &now);
  return now.sa_handler;
}

// Which signal has ended it; 0: none.
int ended_by(const context& ended) {
  try {
    std::rethrow_exception(ended.cause());
  } catch (const signal_received& received) {
    return received.number();
  } catch (const error&) {
    return 0;
  }
}

// Whoever started the tests may have these ignored.
void mean_what_they_mean_by_default() {
  for (const int number : {SIGUSR1, SIGUSR2, SIGINT}) std::signal(number, SIG_DFL);
}

class SignalContext : public leash::testing::OverWorkers {
 protected:
  void SetUp() override { mean_what_they_mean_by_default(); }
};
LEASH_OVER_WORKERS(SignalContext);

TEST_P(SignalContext, IsDoneAtTheFirstSignalAndSaysWhich) {
  for (const int number : {SIGUSR1, SIGUSR2})
    run([number]() -> task<> {
      const cancelable_context until_told = signal_context({SIGUSR1, SIGUSR2});
      EXPECT_FALSE(until_told.context().is_done());
      std::raise(number);
      co_await until_told.context().done();
      EXPECT_EQ(until_told.context().error(), errc::canceled);
      EXPECT_EQ(ended_by(until_told), number);
    });
}

class SignalContextOwner : public ::testing::Test {
 protected:
  void SetUp() override { mean_what_they_mean_by_default(); }
};

TEST(SignalReceived, SaysTheNameOfTheSignal) {
  EXPECT_STREQ(signal_received(SIGTERM).what(), "context canceled by SIGTERM");
}

TEST_P(SignalContext, UnwindsWhatIsOnItsLeash) {
  run([]() -> task<> {
    const cancelable_context until_told = signal_context({SIGUSR1});
    for (int i = 0; i < 10; ++i) go(until_told, []() -> task<> { co_await channel<>().receive(); });
    std::raise(SIGUSR1);
    co_await until_alone();
  });
}

TEST_P(SignalContext, LetsTheSignalsMeanWhatTheyMeantBeforeWhenItIsDone) {
  run([]() -> task<> {
    EXPECT_EQ(handler_of(SIGUSR1), SIG_DFL);
    const cancelable_context until_told = signal_context({SIGUSR1, SIGUSR2});
    EXPECT_NE(handler_of(SIGUSR1), SIG_DFL);
    EXPECT_NE(handler_of(SIGUSR2), SIG_DFL);
    std::raise(SIGUSR1);
    co_await until_told.context().done();
    EXPECT_EQ(handler_of(SIGUSR1), SIG_DFL);
    EXPECT_EQ(handler_of(SIGUSR2), SIG_DFL);
  });
}

TEST_F(SignalContextOwner, GivesTheSignalsBackWhenItGoesOrCancels) {
  {
    const cancelable_context owner = signal_context({SIGUSR1});
    EXPECT_NE(handler_of(SIGUSR1), SIG_DFL);
  }
  EXPECT_EQ(handler_of(SIGUSR1), SIG_DFL);
  const cancelable_context owner = signal_context({SIGUSR1});
  owner.cancel();
  EXPECT_EQ(handler_of(SIGUSR1), SIG_DFL);
  EXPECT_EQ(ended_by(owner), 0);
}

TEST_F(SignalContextOwner, GivesTheSignalsBackWhenTheParentEnds) {
  const cancelable_context parent = with_cancel(background());
  const cancelable_context owner = signal_context({SIGUSR1}, parent);
  parent.cancel();
  EXPECT_TRUE(owner.context().is_done());
  EXPECT_EQ(handler_of(SIGUSR1), SIG_DFL);
}

TEST_F(SignalContextOwner, TakesNoSignalsForAParentThatIsDone) {
  const cancelable_context parent = with_cancel(background());
  parent.cancel();
  const cancelable_context owner = signal_context({SIGUSR1}, parent);
  EXPECT_TRUE(owner.context().is_done());
  EXPECT_EQ(handler_of(SIGUSR1), SIG_DFL);
}

std::atomic<int> came_to_the_program{0};
extern "C" void count_signal(int) { ++came_to_the_program; }

TEST_F(SignalContextOwner, GivesBackAHandlerOfTheProgram) {
  const auto before = std::signal(SIGUSR2, &count_signal);
  {
    const cancelable_context owner = signal_context({SIGUSR2});
    EXPECT_NE(handler_of(SIGUSR2), &count_signal);
  }
  EXPECT_EQ(handler_of(SIGUSR2), &count_signal);
  std::signal(SIGUSR2, before);
}

TEST_P(SignalContext, EndsAllThatWaitForTheSignalAndLeavesTheOthers) {
  run([]() -> task<> {
    const cancelable_context first = signal_context({SIGUSR1});
    const cancelable_context second = signal_context({SIGUSR2, SIGUSR1, SIGUSR1});
    const cancelable_context nested = signal_context({SIGUSR1}, second);
    const cancelable_context other = signal_context({SIGUSR2});
    std::raise(SIGUSR1);
    for (const auto* each : {&first, &second, &nested}) {
      co_await each->context().done();
      EXPECT_EQ(ended_by(*each), SIGUSR1);
    }
    EXPECT_FALSE(other.context().is_done());
    EXPECT_EQ(handler_of(SIGUSR1), SIG_DFL);
    EXPECT_NE(handler_of(SIGUSR2), SIG_DFL);
    std::raise(SIGUSR2);
    co_await other.context().done();
    EXPECT_EQ(ended_by(other), SIGUSR2);
    EXPECT_EQ(handler_of(SIGUSR2), SIG_DFL);
  });
}

TEST_P(SignalContext, ThatIsDoneLeavesTheSignalToTheOneAboveIt) {
  run([]() -> task<> {
    const cancelable_context outer = signal_context({SIGUSR1});
    {
      const cancelable_context inner = signal_context({SIGUSR1}, outer);
      inner.cancel();
    }
    EXPECT_NE(handler_of(SIGUSR1), SIG_DFL);
    std::raise(SIGUSR1);
    co_await outer.context().done();
    EXPECT_EQ(ended_by(outer), SIGUSR1);
  });
}

TEST_P(SignalContext, IsNotEndedByASignalThatCameBeforeIt) {
  run([]() -> task<> {
    for (int round = 0; round < 20; ++round) {
      const cancelable_context first = signal_context({SIGUSR1});
      std::raise(SIGUSR1);
      const cancelable_context second = signal_context({SIGUSR1});
      co_await first.context().done();
      EXPECT_FALSE(second.context().is_done());
    }
  });
}

TEST_F(SignalContextOwner, ContextsComeAndGoOnManyThreadsWhileSignalsCome) {
  const auto before = std::signal(SIGUSR1, &count_signal);  // while nobody waits for one
  const cancelable_context other = signal_context({SIGUSR2});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([] {
      for (int i = 0; i < 50; ++i) {
        const cancelable_context mine = signal_context({SIGUSR1});
        const cancelable_context below = signal_context({SIGUSR1}, mine);
        std::raise(SIGUSR1);
        while (!below.context().is_done()) std::this_thread::yield();
      }
    });
  for (std::thread& each : threads) each.join();
  EXPECT_EQ(handler_of(SIGUSR1), &count_signal);
  EXPECT_FALSE(other.context().is_done());
  std::signal(SIGUSR1, before);
}

// It came before the context, and the program has it, or ends the context.
TEST_F(SignalContextOwner, LosesNoSignalThatComesWhileItIsMade) {
  const auto before = std::signal(SIGUSR1, &count_signal);
  for (int round = 0; round < 100; ++round) {
    came_to_the_program = 0;
    std::thread other([] { std::raise(SIGUSR1); });
    const cancelable_context owner = signal_context({SIGUSR1});
    other.join();
    while (came_to_the_program == 0 && !owner.context().is_done()) std::this_thread::yield();
  }
  std::signal(SIGUSR1, before);
}

// Everybody who sees it done finds the signal given back.
TEST_F(SignalContextOwner, HasGivenTheSignalBackWhenItIsSeenToBeDone) {
  for (int round = 0; round < 100; ++round) {
    const cancelable_context parent = with_cancel(background());
    const cancelable_context owner = signal_context({SIGUSR1}, parent);
    std::thread other([&] { parent.cancel(); });
    while (!owner.context().is_done()) std::this_thread::yield();
    EXPECT_EQ(handler_of(SIGUSR1), SIG_DFL);
    other.join();
  }
}

TEST_F(SignalContextOwner, RefusesWhatIsNoSignalAndTakesNothing) {
  expect_error(errc::bad_option, [] { static_cast<void>(signal_context({SIGUSR1, 0})); });
  expect_error(errc::bad_option, [] { static_cast<void>(signal_context({SIGUSR1, 5000})); });
  expect_error(errc::bad_option, [] { static_cast<void>(signal_context({SIGUSR1, SIGKILL})); });
  EXPECT_EQ(handler_of(SIGUSR1), SIG_DFL);
}

// A second Ctrl-C.
TEST(SignalContextDeathTest, ASecondSignalEndsTheProgram) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  mean_what_they_mean_by_default();
  EXPECT_EXIT(leash::run([]() -> task<> {
                const cancelable_context until_told = signal_context({SIGINT});
                std::raise(SIGINT);
                co_await until_told.context().done();
                std::raise(SIGINT);
              }),
              ::testing::KilledBySignal(SIGINT), "");
}

}  // namespace
