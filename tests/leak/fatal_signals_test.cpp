#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string_view>
#include <thread>

#include <leash/detail/base/sanitizer.hpp>
#include <leash/leash.hpp>
#include <leash/testing.hpp>

// What a program says when a signal ends it, and that the signal ends it all the same. Each runs in a process of its own.

namespace leash {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::KilledBySignal;
using ::testing::Not;
using testing::until;

class FatalSignalsDeathTest : public ::testing::Test {
 protected:
  void SetUp() override {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    if (LEASH_SANITIZED) GTEST_SKIP() << "these signals are the sanitizer's";
    const rlimit no_core_dumps{0, 0};
    setrlimit(RLIMIT_CORE, &no_core_dumps);
  }
};

task<> wait_for_ever(std::atomic<int>& waiting) {
  ++waiting;
  co_await channel<>().receive();
}

// Runs `crash` in a goroutine while others wait.
template <class Crash>
void crash_among(int others, std::uint32_t workers, Crash crash) {
  run(
      [=]() -> task<> {
        std::atomic<int> waiting{0};
        for (int i = 0; i < others; ++i) go(wait_for_ever, std::ref(waiting));
        co_await until([&] { return waiting == others; });
        go([crash]() -> task<> {
          crash();
          co_return;
        });
        co_await channel<>().receive();
      },
      {.processors = workers, .leaks = leak_policy::off});
}

// Any thread may be the one that the signal comes to, and a little later.
void be_killed_by(int number) {
  kill(getpid(), number);
  for (;;) pause();
}

[[gnu::noinline]] void write_to(volatile int* address) { *address = 1; }
void touch_nothing() {
  volatile std::uintptr_t address = 16;
  write_to(reinterpret_cast<volatile int*>(address));
}

TEST_F(FatalSignalsDeathTest, ASegmentationFaultShowsAllGoroutinesItsOwnFirst) {
  EXPECT_EXIT(
      crash_among(3, 2, touch_nothing), KilledBySignal(SIGSEGV),
      AllOf(HasSubstr("leash: SIGSEGV, segmentation violation at address 0x10, in "
                      "goroutine "),
            ContainsRegex("All goroutines:\n\ngoroutine [0-9]+ \\[running\\]:\nleash::.*\n"
                          "\t.*fatal_signals_test.cpp:[0-9]+ \\+0x0\ncreated by "),
            HasSubstr("[chan receive]:\nleash::wait_for_ever(...)\n"),
            // GCC writes the arguments of the template as well.
            ContainsRegex("created by leash::crash_among(<.*>)?::lambda in goroutine 1\n")));
}

TEST_F(FatalSignalsDeathTest, AnAbortDoesSoToo) {
  EXPECT_EXIT(crash_among(1, 1, [] { std::abort(); }), KilledBySignal(SIGABRT),
              AllOf(HasSubstr("leash: SIGABRT, aborted, in goroutine "),
                    HasSubstr("leash::wait_for_ever(...)\n")));
}

TEST_F(FatalSignalsDeathTest, OthersDoSoToo) {
  for (const int number : {SIGBUS, SIGFPE, SIGILL, SIGSEGV})
    EXPECT_EXIT(crash_among(1, 2, [=] { be_killed_by(number); }), KilledBySignal(number),
                AllOf(HasSubstr("leash: SIG"), Not(HasSubstr("at address")),
                      HasSubstr("leash::wait_for_ever(...)\n")));
}

[[gnu::noinline]] int overflow(volatile int* before) {
  volatile int room[512];
  room[0] = *before + 1;
  if (room[0] < 0) return 0;
  return overflow(room) + room[0];
}

TEST_F(FatalSignalsDeathTest, AStackOverflowDoesSoToo) {
  for (const std::uint32_t workers : {1u, 2u})
    EXPECT_EXIT(crash_among(2, workers,
                            [] {
                              volatile int start = 0;
                              overflow(&start);
                            }),
                KilledBySignal(SIGSEGV),
                AllOf(HasSubstr("leash: SIGSEGV, segmentation violation at address 0x"),
                      HasSubstr("leash::wait_for_ever(...)\n")));
}

TEST_F(FatalSignalsDeathTest, TenThousandGoroutinesAreAllShown) {
  // The matcher counts.
  const auto shows_all = [](const std::string& said) {
    std::size_t shown = 0;
    for (std::size_t at = said.find("[chan receive]:"); at != std::string::npos;
         at = said.find("[chan receive]:", at + 1))
      ++shown;
    return shown == 10'001;
  };
  EXPECT_EXIT(crash_among(10'000, 2, touch_nothing), KilledBySignal(SIGSEGV),
              ::testing::Truly(shows_all));
}

TEST_F(FatalSignalsDeathTest, APlainThreadThatCrashesShowsThemToo) {
  const auto crash = [] { crash_among(1, 1, [] { std::thread(touch_nothing).join(); }); };
  EXPECT_EXIT(crash(), KilledBySignal(SIGSEGV),
              AllOf(HasSubstr("at address 0x10. All goroutines:\n\n"),
                    HasSubstr("leash::wait_for_ever(...)\n")));
}

TEST_F(FatalSignalsDeathTest, TwoThatCrashAtOnceAreShownOnce) {
  const auto crash = [] {
    crash_among(2000, 2, [] {
      std::atomic<bool> ready{false};
      std::thread other([&] {
        ready = true;
        touch_nothing();
      });
      while (!ready) std::this_thread::yield();
      touch_nothing();
    });
  };
  const auto shows_once = [](const std::string& said) {
    return said.find("All goroutines") != std::string::npos &&
           said.find("All goroutines") == said.rfind("All goroutines") &&
           said.ends_with(" +0x0\n\n");
  };
  EXPECT_EXIT(crash(), KilledBySignal(SIGSEGV), ::testing::Truly(shows_once));
}

void exit_with_address(int, siginfo_t* info, void*) {
  constexpr std::string_view text = "the program's own handler\n";
  [[maybe_unused]] const auto written = write(STDERR_FILENO, text.data(), text.size());
  _exit(info->si_addr == reinterpret_cast<void*>(16) ? 7 : 8);
}
void exit_with_nine(int) { _exit(9); }

TEST_F(FatalSignalsDeathTest, AHandlerOfTheProgramsIsCalledAfterwards) {
  const auto crash = [] {
    struct sigaction own{};
    own.sa_sigaction = &exit_with_address;
    own.sa_flags = SA_SIGINFO;
    sigaction(SIGSEGV, &own, nullptr);
    crash_among(1, 2, touch_nothing);
  };
  EXPECT_EXIT(crash(), ::testing::ExitedWithCode(7),
              ContainsRegex("leash::wait_for_ever(.|\n)*the program's own handler\n"));
  const auto abort = [] {
    std::signal(SIGABRT, &exit_with_nine);
    crash_among(1, 2, [] { std::abort(); });
  };
  EXPECT_EXIT(abort(), ::testing::ExitedWithCode(9), HasSubstr("leash::wait_for_ever"));
}

TEST_F(FatalSignalsDeathTest, WhatTheProgramTakesLaterIsItsOwn) {
  const auto crash = [] {
    crash_among(1, 1, [] {
      struct sigaction own{};
      own.sa_sigaction = &exit_with_address;
      own.sa_flags = SA_SIGINFO;
      sigaction(SIGSEGV, &own, nullptr);
      touch_nothing();
    });
  };
  EXPECT_EXIT(crash(), ::testing::ExitedWithCode(7), Eq("the program's own handler\n"));
}

TEST_F(FatalSignalsDeathTest, WithoutARuntimeNothingIsSaid) {
  const auto crash = [] {
    run([]() -> task<> { co_return; });
    touch_nothing();
  };
  EXPECT_EXIT(crash(), KilledBySignal(SIGSEGV), Eq(""));
}

TEST_F(FatalSignalsDeathTest, TheEnvironmentCanSwitchItOff) {
  const auto crash = [] {
    setenv("LEASH_TRACEBACK", "off", 1);
    crash_among(1, 1, touch_nothing);
  };
  EXPECT_EXIT(crash(), KilledBySignal(SIGSEGV), Eq(""));
}

// A frame whose chain leads nowhere.
TEST_F(FatalSignalsDeathTest, AFaultWhileItSaysSoEndsTheProgramAtOnce) {
  const auto crash = [] {
    crash_among(1, 1, [] {
      detail::goroutine* self = detail::current_goroutine();
      self->top->parent = reinterpret_cast<detail::promise_base*>(std::uintptr_t{4096});
      touch_nothing();
    });
  };
  EXPECT_EXIT(crash(), KilledBySignal(SIGSEGV), ::testing::_);
}

}  // namespace
}  // namespace leash
