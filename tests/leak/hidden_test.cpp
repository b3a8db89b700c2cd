#include <gtest/gtest.h>

#include <leash/channel.hpp>
#include <leash/detail/leak/census.hpp>
#include <leash/go.hpp>
#include <leash/profile.hpp>
#include <leash/runtime.hpp>
#include <leash/trace.hpp>

namespace leash {
namespace {

task<> receive_for_ever(channel<> from) { co_await from.receive(); }

// Starts so many goroutines on the only worker of this runtime, and returns when all of them wait.
void park(runtime& on, const channel<>& never, int count) {
  on.run([&]() -> task<> {
    for (int i = 0; i < count; ++i) go(receive_for_ever, never);
    co_await this_goroutine::yield();
  });
}

TEST(Census, CountsGoroutinesByWhatTheyDo) {
  runtime own({.processors = 1, .leaks = leak_policy::off});
  park(own, channel<>(), 7);
  detail::goroutine_census now = detail::count_goroutines();
  EXPECT_EQ(now.waiting, 7u);
  EXPECT_EQ(now.running + now.runnable, 0u);
  own.run([&]() -> task<> {
    go([]() -> task<> { co_return; });
    now = detail::count_goroutines();
    co_return;
  });
  EXPECT_EQ(now.running, 1u);
  EXPECT_EQ(now.runnable, 1u);
  EXPECT_EQ(now.waiting, 7u);
}

TEST(HiddenRuntime, HasGoroutinesThatAreNeitherCountedNorShown) {
  runtime hidden({.processors = 1, .leaks = leak_policy::off, .hidden = true});
  park(hidden, channel<>(), 7);
  EXPECT_EQ(num_goroutines(), 0u);
  EXPECT_EQ(detail::count_goroutines().waiting, 0u);
  EXPECT_EQ(profile_goroutines().goroutines(), 0);
  EXPECT_EQ(dump_goroutines(), "");
}

TEST(HiddenRuntime, LeavesThoseOfOthersToBeSeen) {
  runtime hidden({.processors = 1, .leaks = leak_policy::off, .hidden = true});
  runtime own({.processors = 1, .leaks = leak_policy::off});
  park(hidden, channel<>(), 300);  // more than a batch of traces
  park(own, channel<>(), 2);
  park(hidden, channel<>(), 300);
  EXPECT_EQ(num_goroutines(), 2u);
  EXPECT_EQ(profile_goroutines().goroutines(), 2);
}

}  // namespace
}  // namespace leash
