#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include <leash/leash.hpp>
#include <leash/testing.hpp>

namespace leash {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

template <class Main>
std::string said_at_the_end_of(Main main, leak_policy policy = leak_policy::report) {
  ::testing::internal::CaptureStderr();
  leash::run(std::move(main), {.processors = 1, .leaks = policy, .virtual_time = true});
  return ::testing::internal::GetCapturedStderr();
}

task<> send_to_nobody(channel<int> into) { co_await into.send(1); }
task<> beat() {
  for (;;) co_await sleep(1s);
}
task<> wait_for(channel<int> from) { co_await from.receive(); }

TEST(SurvivorReport, SaysWhatIsLeakedWhatIsASuspectAndWhatIsLeft) {
  const channel<int> main_has_one;
  const std::string said = said_at_the_end_of([&]() -> task<> {
    for (int i = 0; i < 3; ++i) go(send_to_nobody, channel<int>());
    go(beat);
    go(wait_for, main_has_one);
    co_await sleep(1ms);
  });
  EXPECT_THAT(
      said, AllOf(HasSubstr("leash: 5 goroutines left when main returned, 3 of them leaked: "
                            "nothing could ever have woken them:\n"),
                  HasSubstr("  3 leaked [chan send] at "), HasSubstr("send_to_nobody\n"),
                  HasSubstr("    To cure it: give the channel room"), HasSubstr("  1 [sleep] at "),
                  HasSubstr("    A suspect: it waits for time only, and nothing can tell it to "
                            "stop.\n    To cure it: give the loop a done channel"),
                  HasSubstr("  1 [chan receive] at ")));
  // What the program could still have done something about is no leak.
  const std::string rest = said.substr(said.find("  1 [chan receive]"));
  EXPECT_THAT(rest.substr(0, rest.find("  1 [sleep]")), Not(HasSubstr("To cure it")));
}

TEST(SurvivorReport, SaysThatAllAreLeaked) {
  EXPECT_THAT(said_at_the_end_of([]() -> task<> {
                go(send_to_nobody, channel<int>());
                co_await sleep(1ms);
              }),
              HasSubstr("leash: 1 goroutine left when main returned, and leaked: nothing could "
                        "ever have woken it:\n"));
}

TEST(SurvivorReport, DoesNotSuspectASleeperOnALeash) {
  const cancelable_context ctx = with_cancel(background());
  EXPECT_THAT(said_at_the_end_of([&]() -> task<> {
                go(ctx, beat);
                co_await sleep(1ms);
              }),
              AllOf(HasSubstr("1 goroutine left"), Not(HasSubstr("suspect"))));
}

TEST(SurvivorReport, IsEmptyWhenNobodyIsLeftOrThePolicyIsOff) {
  EXPECT_EQ(said_at_the_end_of([]() -> task<> { co_return; }), "");
  EXPECT_EQ(said_at_the_end_of(
                []() -> task<> {
                  go(beat);
                  co_await sleep(1ms);
                },
                leak_policy::off),
            "");
}

}  // namespace
}  // namespace leash
