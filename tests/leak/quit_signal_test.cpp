#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>

#include <leash/leash.hpp>
#include <leash/testing.hpp>

#include "support/expect_error.hpp"
#include "support/waits.hpp"

// SIGQUIT prints all goroutines, and the program goes on.

namespace leash {
namespace {

using ::testing::HasSubstr;
using ::testing::KilledBySignal;
using testing::until;
using testing::until_alone;

// While it lives, what is written to standard error can be read from it.
class stderr_reader {
 public:
  stderr_reader() : kept_(dup(STDERR_FILENO)) {
    EXPECT_EQ(pipe(ends_.data()), 0);
    dup2(ends_[1], STDERR_FILENO);
  }
  stderr_reader(stderr_reader&&) = delete;
  ~stderr_reader() {
    dup2(kept_, STDERR_FILENO);
    for (const int each : {kept_, ends_[0], ends_[1]}) close(each);
  }

  // What comes, until `count` paragraphs have ended.
  std::string paragraphs(std::size_t count) {
    std::string all;
    std::size_t seen = 0;
    for (std::size_t at = 0; seen < count;) {
      std::array<char, 4096> some;
      const ssize_t got = read(ends_[0], some.data(), some.size());
      if (got <= 0) break;
      all.append(some.data(), static_cast<std::size_t>(got));
      for (at = all.find("\n\n", at); at != std::string::npos; at = all.find("\n\n", at + 2))
        ++seen;
      at = all.size() - (all.ends_with('\n') ? 1 : 0);
    }
    return all;
  }

 private:
  int kept_;
  std::array<int, 2> ends_{};
};

task<> wait_here(std::atomic<int>& waiting, channel<> gate) {
  ++waiting;
  co_await gate.receive();
}

class QuitSignal : public testing::OverWorkers {};
LEASH_OVER_WORKERS(QuitSignal);

TEST_P(QuitSignal, PrintsAllGoroutinesAndTheProgramGoesOn) {
  stderr_reader said;
  run([&]() -> task<> {
    constexpr int many = 500;
    std::atomic<int> waiting{0};
    const channel<> gate;
    for (int i = 0; i < many; ++i) go(wait_here, std::ref(waiting), gate);
    co_await until([&] { return waiting == many; });
    for (int i = 0; i < 2; ++i) {
      kill(getpid(), SIGQUIT);
      const std::string text = co_await blocking([&] { return said.paragraphs(many + 1); });
      EXPECT_THAT(text, HasSubstr("goroutine 1 ["));
      EXPECT_THAT(text, HasSubstr("[chan receive]:\nleash::wait_here(...)\n\t"));
    }
    gate.close();
    co_await until_alone();
  });
}

class QuitSignalDeathTest : public ::testing::Test {
 protected:
  QuitSignalDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(QuitSignalDeathTest, DoesWhatItDidWhenNoRuntimeRuns) {
  const auto quit = [] {
    run([]() -> task<> { co_return; });
    raise(SIGQUIT);
  };
  EXPECT_EXIT(quit(), KilledBySignal(SIGQUIT), "");
}

TEST_F(QuitSignalDeathTest, CanBeSwitchedOffByTheEnvironment) {
  const auto quit = [] {
    setenv("LEASH_TRACEBACK", "off", 1);
    run([]() -> task<> {
      raise(SIGQUIT);
      co_return;
    });
  };
  EXPECT_EXIT(quit(), KilledBySignal(SIGQUIT), ::testing::Eq(""));
}

std::atomic<int> own_quits{0};

TEST(QuitSignalOfTheProgram, StaysItsOwn) {
  struct sigaction before{};
  struct sigaction own{};
  own.sa_handler = [](int) { ++own_quits; };
  sigaction(SIGQUIT, &own, &before);
  run([]() -> task<> {
    raise(SIGQUIT);
    co_return;
  });
  raise(SIGQUIT);
  EXPECT_EQ(own_quits, 2);
  sigaction(SIGQUIT, &before, nullptr);
}

// As a shell has it that starts the program in the background.
TEST(QuitSignalOfTheProgram, IsIgnoredAgainAfterwardsIfItWas) {
  stderr_reader said;
  const auto before = std::signal(SIGQUIT, SIG_IGN);
  run([&]() -> task<> {
    raise(SIGQUIT);
    EXPECT_THAT(said.paragraphs(1), HasSubstr("goroutine 1 ["));
    co_return;
  });
  EXPECT_EQ(std::signal(SIGQUIT, before), SIG_IGN);
}

TEST(QuitSignalOfTheProgram, CanBeAContextsMeanwhile) {
  run([]() -> task<> {
    const cancelable_context told = signal_context({SIGQUIT});
    raise(SIGQUIT);
    co_await told.context().done();
  });
}

TEST(TracebackOption, IsCheckedWhenARuntimeBegins) {
  setenv("LEASH_TRACEBACK", "some", 1);
  testing::expect_error(errc::bad_option, [] { run([]() -> task<> { co_return; }); });
  unsetenv("LEASH_TRACEBACK");
}

}  // namespace
}  // namespace leash
