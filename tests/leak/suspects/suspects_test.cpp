#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include <leash/leash.hpp>
#include <leash/suspects.hpp>
#include <leash/testing.hpp>

#include "leak/suspects/site_history.hpp"

// On virtual time: an hour passes at once, and everybody has got as far as possible when main's sleep is over.

namespace leash {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr runtime_options quiet{.processors = 1, .leaks = leak_policy::off, .virtual_time = true};

channel<int> global(0);

template <class Body>
void run_quietly(Body body) {
  run(body, quiet);
}

std::size_t count_of(const std::vector<suspect>& found, suspicion why) {
  std::size_t sum = 0;
  for (const suspect& each : found)
    if (each.why == why) sum += each.count;
  return sum;
}

suspect only(suspicion why, const suspect_options& options = {}) {
  for (suspect& each : suspects(options))
    if (each.why == why) return std::move(each);
  return {};
}

task<> heartbeat() {
  for (;;) co_await sleep(1s);
}

task<> session() {
  go(heartbeat);
  co_await sleep(2500ms);
}

task<> hold(channel<int> values) { co_await values.receive(); }

TEST(Suspects, AreTheLoopsWithoutAnEndWhoseStarterHasReturned) {
  run_quietly([]() -> task<> {
    co_await session();
    const suspect found = only(suspicion::no_exit);
    EXPECT_EQ(found.count, 1u);
    EXPECT_STREQ(found.reason, "sleep");
    EXPECT_GE(found.age, 2400ms);
    EXPECT_LE(found.since, 600ms);
    EXPECT_THAT(found.text, HasSubstr("session, which started it, has returned"));
  });
}

TEST(Suspects, AreNotThoseWhoseStarterIsThereStill) {
  run_quietly([]() -> task<> {
    go(heartbeat);
    co_await sleep(5s);
    EXPECT_THAT(suspects(), IsEmpty());
  });
}

TEST(Suspects, AreThoseThatLiveLongWhoeverStartedThem) {
  run_quietly([]() -> task<> {
    go(heartbeat);
    co_await sleep(120500ms);
    EXPECT_THAT(only(suspicion::no_exit).text, HasSubstr("it has lived for 2 min"));
    EXPECT_THAT(suspects({.long_life = 1h}), IsEmpty());
  });
}

TEST(Suspects, AreLoopsWhoseStarterIsAGoroutineThatHasEnded) {
  run_quietly([]() -> task<> {
    go([]() -> task<> {
      go(heartbeat);
      co_return;
    });
    co_await sleep(2500ms);
    EXPECT_EQ(count_of(suspects(), suspicion::no_exit), 1u);
  });
}

TEST(Suspects, AreLoopsThatWaitForATicker) {
  run_quietly([]() -> task<> {
    co_await []() -> task<> {
      go([]() -> task<> {
        const ticker beats(1s);
        const auto channel = beats.channel();
        for (;;) co_await channel.receive();
      });
      co_await sleep(2500ms);
    }();
    EXPECT_EQ(count_of(suspects({.long_life = 1s}), suspicion::no_exit), 1u);
  });
}

TEST(Suspects, AreNotThoseThatCanBeToldToStop) {
  run_quietly([]() -> task<> {
    const channel<> stop;
    const cancelable_context owner = with_cancel(background());
    go(owner, heartbeat);
    go([stop]() -> task<> {
      for (;;)
        if (co_await select(on_receive(stop), on_timeout(1s)) == 0) co_return;
    });
    go([context = owner.context()]() -> task<> {
      for (;;)
        if (co_await select(on_done(context), on_timeout(1s)) == 0) co_return;
    });
    co_await sleep(5min);
    EXPECT_THAT(suspects(), IsEmpty());
  });
}

TEST(Suspects, AreNotThoseThatPutOffOneThing) {
  run_quietly([]() -> task<> {
    co_await []() -> task<> {
      go([]() -> task<> { co_await sleep(30s); });
      co_return;
    }();
    co_await sleep(5s);
    EXPECT_THAT(suspects(), IsEmpty());
  });
}

TEST(Suspects, AreNotMainThatSleeps) {
  run_quietly([]() -> task<> {
    std::vector<suspect> found;
    go([&found]() -> task<> {
      co_await sleep(1h);
      found = suspects();
    });
    for (int i = 0; i < 5; ++i) co_await sleep(20min);
    EXPECT_THAT(found, IsEmpty());
  });
}

TEST(Suspects, AreThoseThatOnlyAGlobalCanWake) {
  run_quietly([]() -> task<> {
    for (int i = 0; i < 3; ++i) go([]() -> task<> { co_await global.receive(); });
    co_await sleep(1s);
    const suspect found = only(suspicion::held_outside);
    EXPECT_EQ(found.count, 3u);
    EXPECT_STREQ(found.reason, "chan receive");
    EXPECT_THAT(found.text, HasSubstr("global queue"));
  });
}

TEST(Suspects, AreThoseThatOnlyAGlobalCanWakeThoughEachHasACopyOfTheHandle) {
  run_quietly([]() -> task<> {
    for (int i = 0; i < 3; ++i) go(hold, global);
    co_await sleep(1s);
    EXPECT_EQ(count_of(suspects(), suspicion::held_outside), 3u);
  });
}

TEST(Suspects, AreThoseThatOnlyTheEndOfTheirContextFrees) {
  run_quietly([]() -> task<> {
    const cancelable_context owner = with_cancel(background());
    go(owner, hold, channel<int>());
    co_await sleep(1s);
    EXPECT_THAT(only(suspicion::held_outside).text, HasSubstr("only the cancel of its context"));
  });
}

TEST(Suspects, AreNotThoseThatSomebodyInAFrameCanWake) {
  run_quietly([]() -> task<> {
    const channel<int> values;
    go(hold, values);
    co_await sleep(1s);
    EXPECT_THAT(suspects(), IsEmpty());
  });
}

TEST(Suspects, AreNotThoseThatADeadlineFrees) {
  run_quietly([]() -> task<> {
    const cancelable_context owner = with_timeout(background(), 1h);
    go(owner, hold, channel<int>());
    co_await sleep(1s);
    EXPECT_THAT(suspects(), IsEmpty());
  });
}

TEST(Suspects, AreThoseThatHaveWaitedForLong) {
  run_quietly([]() -> task<> {
    const channel<int> values;
    go(hold, values);
    co_await sleep(9min);
    EXPECT_THAT(suspects(), IsEmpty());
    co_await sleep(2min);
    const suspect found = only(suspicion::long_wait);
    EXPECT_EQ(found.count, 1u);
    EXPECT_THAT(found.text, HasSubstr("It has waited for 11 min"));
    EXPECT_THAT(suspects({.long_wait = 1h}), IsEmpty());
  });
}

TEST(Suspects, AreNotThoseThatWaitForTheEnd) {
  run_quietly([]() -> task<> {
    const cancelable_context owner = with_cancel(background());
    go([context = owner.context()]() -> task<> { co_await context.done(); });
    co_await sleep(1h);
    EXPECT_THAT(suspects(), IsEmpty());
  });
}

TEST(Suspects, AreNotTheProvenLeaks) {
  run_quietly([]() -> task<> {
    for (int i = 0; i < 20; ++i) {
      go(hold, channel<int>());
      co_await sleep(1h);
      EXPECT_THAT(suspects(), IsEmpty());
    }
  });
}

task<> start_and_look(const channel<int>& values, int count) {
  for (int i = 0; i < count; ++i) go(hold, values);
  co_await sleep(1s);
}

TEST(Suspects, AreThoseThatBecomeMoreInEachOfThreeLooks) {
  run_quietly([]() -> task<> {
    const channel<int> values;
    for (int i = 0; i < 3; ++i) {
      co_await start_and_look(values, 3);
      EXPECT_THAT(suspects(), IsEmpty());
    }
    co_await start_and_look(values, 3);
    const suspect found = only(suspicion::growing_site);
    EXPECT_EQ(found.count, 12u);
    EXPECT_THAT(found.text, HasSubstr("from 3 to 12 in the last 3 looks"));
    EXPECT_THAT(suspects(), IsEmpty());  // no more than before
  });
}

TEST(Suspects, AreNotThoseThatBecomeALittleMore) {
  run_quietly([]() -> task<> {
    const channel<int> values;
    for (int i = 0; i < 7; ++i) {
      co_await start_and_look(values, 2);
      EXPECT_THAT(suspects(), IsEmpty());
    }
  });
}

TEST(Suspects, CountTheLooksOfThePatrol) {
  run_quietly([]() -> task<> {
    const channel<int> values;
    for (int i = 0; i < 3; ++i) {
      co_await start_and_look(values, 4);
      detail::note_sites(std::span<const detail::proven_goroutine>());
    }
    co_await start_and_look(values, 4);
    EXPECT_EQ(only(suspicion::growing_site).count, 16u);
  });
}

TEST(SiteHistory, FollowsNoMoreSitesThanItHasRoomFor) {
  detail::site_history history;
  detail::site_counts seen;
  for (std::uintptr_t i = 1; i <= 2 * detail::site_history::most_sites; ++i)
    seen[{i, detail::wait_reason::sleep}] = 1;
  for (std::size_t look = 0; look <= detail::site_history::looks; ++look) {
    for (auto& [which, count] : seen) count += 10;
    history.look(seen);
  }
  std::size_t growing = 0;
  for (const auto& [which, count] : seen) growing += history.growth_of(which).grows;
  EXPECT_EQ(growing, detail::site_history::most_sites);
}

TEST(SiteHistory, ForgetsASiteWhereNobodyWaits) {
  detail::site_history history;
  const detail::site where{1, detail::wait_reason::sleep};
  for (const std::size_t count : {10u, 20u, 30u}) history.look({{where, count}});
  history.look({});
  history.look({{where, 40}});
  EXPECT_FALSE(history.growth_of(where).grows);
}

TEST(SuspectsText, SaysThatItIsAGuess) {
  run_quietly([]() -> task<> {
    EXPECT_EQ(suspects_text(), "");
    co_await session();
    EXPECT_THAT(suspects_text(), HasSubstr("1 goroutine is suspected, which is a guess"));
    EXPECT_THAT(suspects_text(),
                HasSubstr("1, no exit: goroutine 2 [sleep] at suspects_test.cpp:"));
  });
}

}  // namespace
}  // namespace leash
