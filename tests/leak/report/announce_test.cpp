#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include <leash/leash.hpp>
#include <leash/testing.hpp>

#include "support/workers.hpp"

namespace leash {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// What is written to stderr about leaks while this runs.
template <class Main>
std::string said_in(Main main, runtime_options options = {.processors = 1}) {
  if (!options.leaks) options.leaks = leak_policy::report;
  ::testing::internal::CaptureStderr();
  leash::run(std::move(main), options);
  return ::testing::internal::GetCapturedStderr();
}

task<> leak_a_sender() {
  const channel<int> answers;
  go([answers]() -> task<> { co_await answers.send(1); });
  co_await this_goroutine::yield();
}

TEST(LeakAnnouncement, NamesTheGoroutineTheDroppingLineAndTheCure) {
  const std::string said = said_in([]() -> task<> { co_await leak_a_sender(); });
  EXPECT_THAT(
      said, AllOf(HasSubstr("leash: 1 goroutine can never run again:\n\ngoroutine "),
                  HasSubstr("[chan send]:"), HasSubstr("announce_test.cpp:"),
                  HasSubstr("leak_a_sender in goroutine 1"),
                  HasSubstr("To cure it: give the channel room for every sender"),
                  HasSubstr("Shown by a handle that was dropped in leash::leak_a_sender after ")));
}

task<> leak_at_one_place() {
  const channel<int> answers;
  go([answers]() -> task<> { co_await answers.send(1); });
  co_await this_goroutine::yield();
}

TEST(LeakAnnouncement, TellsOfAPlaceOnce) {
  const std::uint64_t before = count_leaks().announced;
  const std::string said = said_in([]() -> task<> {
    for (int i = 0; i < 10; ++i) co_await leak_at_one_place();
  });
  EXPECT_EQ(count_leaks().announced - before, 10u);
  const std::string sentence = "can never run again";
  const std::size_t first = said.find(sentence);
  ASSERT_NE(first, std::string::npos) << said;
  EXPECT_EQ(said.find(sentence, first + 1), std::string::npos) << said;
}

TEST(LeakAnnouncement, SaysNothingWhenThePolicyIsOff) {
  const std::string said = said_in(
      []() -> task<> {
        const channel<int> answers;
        go([answers]() -> task<> { co_await answers.send(1); });
        co_await this_goroutine::yield();
      },
      {.processors = 1, .leaks = leak_policy::off});
  EXPECT_EQ(said, "");
}

std::atomic<std::size_t> told{0};

TEST(LeakHandler, IsToldInsteadOfTheText) {
  told = 0;
  const leak_handler before =
      set_leak_handler([](const leak_report& fresh) noexcept { told += fresh.size(); });
  EXPECT_EQ(before, nullptr);
  const std::string said = said_in([]() -> task<> {
    {
      const channel<int> answers;
      for (int i = 0; i < 2; ++i) go([answers]() -> task<> { co_await answers.send(1); });
      co_await this_goroutine::yield();
    }
    co_await this_goroutine::yield();
  });
  set_leak_handler(nullptr);
  EXPECT_EQ(told, 2u);
  EXPECT_THAT(said, Not(HasSubstr("can never run again")));
  EXPECT_THAT(said, HasSubstr("2 goroutines left when main returned"));
}

TEST(LeakPolicy, AbortEndsTheProgramAfterTheReport) {
  EXPECT_EXIT(leash::run(
                  []() -> task<> {
                    {
                      const channel<int> answers;
                      go([answers]() -> task<> { co_await answers.send(1); });
                      co_await this_goroutine::yield();
                    }
                    // Long enough for the report; without it the program ends, and the test fails.
                    co_await sleep(2min);
                  },
                  {.processors = 1, .leaks = leak_policy::abort}),
              ::testing::KilledBySignal(SIGABRT),
              HasSubstr("leash: 1 goroutine can never run again:"));
}

// Not as a pointer looks.
std::atomic<std::uintptr_t> hidden_channel{0};

[[gnu::noinline]] void hide_channel(const channel<int>& known) {
  hidden_channel = ~reinterpret_cast<std::uintptr_t>(&known);
}

TEST(RefutedProof, IsToldOfWhenTheGoroutineRuns) {
  const leak_statistics before = count_leaks();
  int received = 0;
  const std::string said = said_in([&]() -> task<> {
    go([&]() -> task<> {
      const channel<int> mine;
      hide_channel(mine);
      received = (co_await mine.receive()).value();
    });
    while (count_leaks().announced == before.announced) co_await sleep(1ms);
    EXPECT_EQ(leaks().size(), 1u);
    std::thread([] {
      reinterpret_cast<const channel<int>*>(~hidden_channel.load())->send_blocking(7);
    }).join();
    co_await testing::until_alone();
  });
  EXPECT_EQ(received, 7);
  const leak_statistics after = count_leaks();
  EXPECT_EQ(after.refuted - before.refuted, 1u);
  EXPECT_THAT(said, AllOf(HasSubstr("was proven to be leaked, and runs all the same"),
                          HasSubstr("docs/leak-proof.md, A1 to A3")));
}

TEST(LeakReport, OfAMainThatRestsNamesOnlyTheOthers) {
  EXPECT_EXIT(leash::run(
                  []() -> task<> {
                    go([]() -> task<> {
                      while (leaks().empty()) co_await sleep(1ms);
                      std::fputs(leaks().text().c_str(), stderr);
                      std::_Exit(static_cast<int>(leaks().size()));
                    });
                    const channel<int> never;
                    go([never]() -> task<> { co_await never.receive(); });
                    co_await select();
                  },
                  {.processors = 2, .leaks = leak_policy::off}),
              ::testing::ExitedWithCode(1),
              AllOf(HasSubstr("[chan receive]"), Not(HasSubstr("no cases"))));
}

}  // namespace
}  // namespace leash
