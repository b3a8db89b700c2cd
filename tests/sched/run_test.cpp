#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>

#include "support/workers.hpp"

#include <leash/channel.hpp>
#include <leash/error.hpp>
#include <leash/time.hpp>

namespace {

using namespace leash;
using leash::testing::until;
using namespace std::chrono_literals;

class Run : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(Run);

// Sets an environment variable for the length of a test.
class variable {
 public:
  variable(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
  variable(variable&&) = delete;
  ~variable() { unsetenv(name_); }

 private:
  const char* name_;
};

TEST_P(Run, ReturnsWhatMainReturned) {
  EXPECT_EQ(run([]() -> task<int> { co_return 42; }), 42);
  EXPECT_EQ(*run([]() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(1); }), 1);
}

TEST_P(Run, RethrowsWhatMainThrew) {
  EXPECT_THROW(run([]() -> task<int> {
                 co_await this_goroutine::yield();
                 throw std::runtime_error("main failed");
               }),
               std::runtime_error);
}

TEST_P(Run, CanBeCalledAgainAndAgain) {
  for (int i = 0; i < 50; ++i) EXPECT_EQ(run([i]() -> task<int> { co_return i; }), i);
}

TEST_P(Run, CanBeCalledFromAGoroutine) {
  EXPECT_EQ(run([]() -> task<int> {
              const int inner = leash::run([]() -> task<int> { co_return 20; },
                                           {.processors = 1, .leaks = leak_policy::off});
              co_await this_goroutine::yield();
              co_return inner + 1;
            }),
            21);
}

struct on_end {
  std::atomic<int>* unwound;
  ~on_end() {
    if (unwinding()) ++*unwound;
  }
};

TEST_P(Run, UnwindsGoroutinesThatAreLeftAndRunsTheirDestructors) {
  std::atomic<int> unwound{0};
  const memory_usage before = memory();
  run([&]() -> task<> {
    channel<int> nobody;
    channel<> started;
    for (int i = 0; i < 100; ++i)
      go(
          [](channel<> started, channel<int> nobody, std::atomic<int>* unwound) -> task<> {
            const on_end guard{unwound};
            co_await started.send();
            co_await nobody.receive();
            ADD_FAILURE() << "a survivor went on";
          },
          started, nobody, &unwound);
    for (int i = 0; i < 100; ++i) co_await started.receive();
  });
  EXPECT_EQ(unwound, 100);
  EXPECT_EQ(num_goroutines(), 0u);
  EXPECT_EQ(memory().live_blocks, before.live_blocks);
}

TEST_P(Run, IsNotUnwindingWhenAGoroutineReturns) {
  std::atomic<int> unwound{0};
  run([&]() -> task<> {
    go(
        [](std::atomic<int>* unwound) -> task<> {
          const on_end guard{unwound};
          co_await this_goroutine::yield();
        },
        &unwound);
    co_await leash::testing::until_alone();
  });
  EXPECT_EQ(unwound, 0);
  EXPECT_FALSE(unwinding());
}

// How many goroutines of this process stand in a wait that can be claimed.
std::size_t parked() {
  auto& pool = detail::goroutine_pool::instance();
  std::size_t count = 0;
  for (std::uint32_t i = 0; i < pool.size(); ++i)
    if (detail::state_of(pool[i].word.load()) == detail::wait_state::waiting) ++count;
  return count;
}

struct sends_at_end {
  channel<int> to;
  std::atomic<int>* delivered;
  ~sends_at_end() {
    if (to.try_send(1) == op_status::success) ++*delivered;
  }
};

task<> send_at_end(channel<int> link, std::atomic<int>* delivered) {
  const sends_at_end guard{std::move(link), delivered};
  co_await channel<>::nil().receive();
}

struct closes_at_end {
  channel<int> to;
  ~closes_at_end() { to.try_close(); }
};

task<> close_at_end(channel<int> link) {
  const closes_at_end guard{std::move(link)};
  co_await channel<>::nil().receive();
}

task<> receive_once(channel<int> link, std::atomic<int>* went_on) {
  co_await link.receive();
  ++*went_on;
}

constexpr std::size_t pairs = 3000;

TEST_P(Run, ADestructorCannotServeAnotherSurvivor) {
  std::atomic<int> delivered{0};
  std::atomic<int> went_on{0};
  const std::size_t before = memory().live_blocks;
  run([&]() -> task<> {
    for (std::size_t i = 0; i < pairs; ++i) {
      channel<int> sent;
      go(send_at_end, sent, &delivered);
      go(receive_once, sent, &went_on);
      channel<int> closed;
      go(close_at_end, closed);
      go(receive_once, closed, &went_on);
    }
    co_await until([] { return parked() == 4 * pairs; });
  });
  EXPECT_EQ(delivered, 0);
  EXPECT_EQ(went_on, 0);
  EXPECT_EQ(memory().live_blocks, before);
}

// Many can still run when main returns, and doom themselves while the survivors are being claimed.
TEST_P(Run, ADestructorOfWhatDoomsItselfCannotServeASurvivor) {
  std::atomic<int> delivered{0};
  std::atomic<int> went_on{0};
  run([&]() -> task<> {
    for (std::size_t i = 0; i < pairs; ++i) {
      channel<int> link;
      go(receive_once, link, &went_on);
      go(send_at_end, link, &delivered);
    }
    co_return;
  });
  EXPECT_EQ(delivered, 0);
  EXPECT_EQ(went_on, 0);
}

TEST(RunWithOneWorker, AGoroutineThatStartsAfterMainReturnedHasNoEffect) {
  channel<int> buffered(1);
  run(
      [&]() -> task<> {
        go(
            [](channel<int> out) -> task<> {
              co_await out.send(1);
              ADD_FAILURE() << "a doomed goroutine went on";
            },
            buffered);
        co_return;
      },
      {.processors = 1, .leaks = leak_policy::off});
  EXPECT_EQ(buffered.size(), 0u);
}

TEST(RunOptions, LeftGoroutinesAreReportedUnlessToldNotTo) {
  const auto leave_one = [](std::optional<leak_policy> policy) {
    ::testing::internal::CaptureStderr();
    run(
        []() -> task<> {
          channel<> started;
          go(
              [](channel<> started) -> task<> {
                co_await started.send();
                co_await channel<>::nil().receive();
              },
              started);
          co_await started.receive();
          for (int i = 0; i < 10; ++i) co_await this_goroutine::yield();
        },
        {.processors = 1, .leaks = policy});
    return ::testing::internal::GetCapturedStderr();
  };
  const std::string said = leave_one(std::nullopt);
  EXPECT_NE(said.find("1 goroutine left"), std::string::npos) << said;
  EXPECT_NE(said.find("chan receive (nil chan)"), std::string::npos) << said;
  EXPECT_NE(said.find("run_test.cpp"), std::string::npos) << said;
  EXPECT_EQ(leave_one(leak_policy::off), "");
  const variable quiet("LEASH_LEAKS", "off");
  EXPECT_EQ(leave_one(std::nullopt), "");
  EXPECT_NE(leave_one(leak_policy::report), "");
}

template <class F>
void expect_bad_option(F call) {
  try {
    call();
    ADD_FAILURE() << "the option was accepted";
  } catch (const error& refused) {
    EXPECT_EQ(refused.code(), errc::bad_option);
  }
}

TEST(RunOptions, RefusesProcessorsThatAreNoNumberFrom1To256) {
  for (const char* bad : {"0", "-1", "two", "3x", "257", "99999999999999999999"}) {
    const variable set("LEASH_MAXPROCS", bad);
    expect_bad_option([] { run([]() -> task<> { co_return; }); });
  }
  for (const char* good : {"", "1", "3"}) {
    const variable set("LEASH_MAXPROCS", good);
    EXPECT_EQ(run([]() -> task<int> { co_return 1; }), 1);
  }
}

TEST(RunOptions, RefusesAnUnknownLeakPolicy) {
  const variable set("LEASH_LEAKS", "maybe");
  expect_bad_option([] { run([]() -> task<> { co_return; }); });
}

// Time that nobody waits for any more stands still: what is left is found where it stood.
TEST(RunOnVirtualTime, NothingGoesOnAfterMainHasReturned) {
  for (const std::uint32_t processors : {1u, 2u, 8u}) {
    int beats = 0;
    leash::run(
        [&]() -> task<> {
          go([&]() -> task<> {
            for (;;) {
              co_await sleep(1s);
              ++beats;
            }
          });
          co_await sleep(2500ms);
        },
        {.processors = processors, .leaks = leak_policy::off, .virtual_time = true});
    EXPECT_EQ(beats, 2) << processors << " workers";
  }
}

}  // namespace
