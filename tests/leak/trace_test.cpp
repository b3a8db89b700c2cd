#include <leash/trace.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <set>
#include <thread>

#include <leash/leash.hpp>
#include <leash/testing.hpp>

#include "leak/trace/goroutine_reader.hpp"
#include "support/traces.hpp"
#include "support/waits.hpp"

namespace leash {
namespace {

using namespace std::chrono_literals;
using testing::all_traces;
using ::testing::ElementsAre;
using testing::kept_trace;
using testing::record;
using testing::trace_of;
using testing::until;
using testing::until_alone;
using testing::until_waits;

class Traces : public testing::OverWorkers {};
LEASH_OVER_WORKERS(Traces);

task<> innermost(channel<> never) { co_await never.receive(); }
task<> middle(channel<> never) { co_await innermost(never); }
task<> outermost(record& who, channel<> never) {
  who = testing::this_record();
  co_await middle(never);
}

TEST_P(Traces, ShowTheWholeChainOfAwaits) {
  run([]() -> task<> {
    record who{};
    const channel<> never;
    go([&]() -> task<> { co_await outermost(who, never); });
    const std::uint32_t line = std::source_location::current().line() - 1;
    co_await until_waits(who, detail::wait_reason::chan_receive);
    const kept_trace seen = trace_of(who.load()->id);
    EXPECT_EQ(seen.trace.state, goroutine_state::waiting);
    EXPECT_STREQ(seen.trace.reason, "chan receive");
    EXPECT_EQ(seen.trace.creator, this_goroutine::id());
    EXPECT_EQ(seen.trace.created_at.line(), line);
    EXPECT_EQ(seen.trace.elided, 0u);
    EXPECT_EQ(seen.stack.size(), 4u);
    EXPECT_EQ(seen.function(0), "leash::innermost");
    EXPECT_EQ(seen.function(1), "leash::middle");
    EXPECT_EQ(seen.function(2), "leash::outermost");
    EXPECT_TRUE(seen.function(3).ends_with("::lambda")) << seen.function(3);
    EXPECT_EQ(seen.stack[3].line(), line);
    never.close();
    co_await until_alone();
  });
}

task<> look_from_inside(kept_trace& into) {
  into = trace_of(this_goroutine::id());
  co_return;
}

TEST_P(Traces, ShowTheCallersOwnStackWhole) {
  run([]() -> task<> {
    kept_trace own;
    co_await look_from_inside(own);
    EXPECT_EQ(own.trace.state, goroutine_state::running);
    EXPECT_STREQ(own.trace.reason, "running");
    EXPECT_EQ(own.trace.creator, 0u);
    EXPECT_EQ(own.stack.size(), 2u);
    EXPECT_EQ(own.function(0), "leash::look_from_inside");
  });
}

TEST(TracesOfOneWorker, ShowWhoHasNotRunYetAtItsBeginning) {
  run(
      []() -> task<> {
        bool ran = false;
        go(
            [](bool& mark) -> task<> {
              mark = true;
              co_return;
            },
            std::ref(ran));
        const std::vector<kept_trace> all = all_traces();
        EXPECT_EQ(all.size(), 2u);
        for (const kept_trace& each : all) {
          if (each.trace.id == this_goroutine::id()) continue;
          EXPECT_EQ(each.trace.state, goroutine_state::runnable);
          EXPECT_STREQ(each.trace.reason, "runnable");
          EXPECT_EQ(each.stack.size(), 1u);
          EXPECT_NEAR(each.stack[0].line(), std::source_location::current().line(), 16);
        }
        EXPECT_FALSE(ran);
        co_await until_alone();
      },
      {.processors = 1});
}

TEST(TracesOfOneWorker, ShowSinceWhenInTheRuntimesTime) {
  run(
      []() -> task<> {
        const cancelable_context owner = with_cancel(background());
        record who{};
        go(owner, [&]() -> task<> {
          who = testing::this_record();
          co_await sleep(30s);
          co_await channel<>().receive();
        });
        co_await sleep(3min + 30s);
        const kept_trace seen = trace_of(who.load()->id);
        EXPECT_GE(seen.trace.age, 3min + 30s);
        EXPECT_LE(seen.trace.age, 3min + 30s + 40ms);
        EXPECT_GE(seen.trace.since, 3min);
        EXPECT_LE(seen.trace.since, 3min + 40ms);
        owner.cancel();
        co_await until_alone();
      },
      testing::virtual_time);
}

TEST(TracesOfTwoWorkers, ShowWhereARunningOneWasResumed) {
  run(
      []() -> task<> {
        std::atomic<std::uint64_t> spinner{0};
        std::atomic<bool> enough{false};
        std::uint32_t line = 0;
        go([&]() -> task<> {
          line = std::source_location::current().line() + 1;
          co_await this_goroutine::yield();
          spinner = this_goroutine::id();
          while (!enough) std::this_thread::yield();
        });
        co_await until([&] { return spinner != 0; });
        const kept_trace seen = trace_of(spinner);
        EXPECT_EQ(seen.trace.state, goroutine_state::running);
        EXPECT_STREQ(seen.trace.reason, "running");
        EXPECT_EQ(seen.trace.creator, this_goroutine::id());
        EXPECT_EQ(seen.stack.size(), 1u);
        EXPECT_EQ(seen.stack.at(0).line(), line);
        enough = true;
        co_await until_alone();
      },
      {.processors = 2, .watchdog = 0ms});
}

TEST_P(Traces, DoNotShowPlainThreads) {
  run([]() -> task<> {
    const channel<> gate;
    std::thread outside([gate] { EXPECT_TRUE(gate.receive_blocking()); });
    // The thread's record is in use once it waits.
    bool waits = false;
    while (!waits) {
      auto& pool = detail::goroutine_pool::instance();
      for (std::uint32_t i = 0; i < pool.size(); ++i)
        waits |= pool[i].home.load() == nullptr &&
                 detail::state_of(pool[i].word.load()) == detail::wait_state::waiting;
      co_await this_goroutine::yield();
    }
    EXPECT_EQ(all_traces().size(), 1u);
    co_await gate.send();
    outside.join();
  });
}

TEST(TracesOfAllRuntimes, AreSeenFromAPlainThread) {
  EXPECT_TRUE(all_traces().empty());
  runtime first({.processors = 1});
  runtime second({.processors = 1});
  const channel<> gate;
  for (runtime* each : {&first, &second}) {
    std::atomic<bool> there{false};
    each->go([gate, &there]() -> task<> {
      there = true;
      co_await gate.receive();
    });
    while (!there) std::this_thread::yield();
  }
  EXPECT_EQ(all_traces().size(), 2u);
  for (const kept_trace& each : all_traces()) EXPECT_EQ(each.trace.creator, 0u);
  gate.close();
  while (num_goroutines() != 0) std::this_thread::yield();
  EXPECT_TRUE(all_traces().empty());
}

TEST_P(Traces, ShowWhoIsHeldUpInTheMiddleOfItsUnwinding) {
  run([]() -> task<> {
    const cancelable_context owner = with_cancel(background());
    const channel<> gate;
    record who{};
    record child{};
    go(owner, [&]() -> task<> {
      who = testing::this_record();
      co_await with_scope([&](scope& s) -> task<> {
        s.go([&]() -> task<> {
          child = testing::this_record();
          co_await shield([&]() -> task<> { co_await gate.receive(); }());
        });
        co_return;
      });
    });
    co_await until_waits(who, detail::wait_reason::scope_join);
    co_await until_waits(child, detail::wait_reason::chan_receive);
    const kept_trace before = trace_of(who.load()->id);
    owner.cancel();
    co_await until([&] { return who.load()->is_unwinding(); });
    const kept_trace after = trace_of(who.load()->id);
    EXPECT_EQ(after.trace.state, goroutine_state::waiting);
    EXPECT_STREQ(after.trace.reason, "scope join");
    EXPECT_EQ(after.functions(), before.functions());
    co_await gate.send();
    co_await until_alone();
  });
}

TEST_P(Traces, ShowACleanupInItsPlace) {
  run([]() -> task<> {
    const cancelable_context owner = with_cancel(background());
    const channel<> gate;
    record who{};
    go(owner, [&]() -> task<> {
      who = testing::this_record();
      const auto body = []() -> task<> { co_await channel<>().receive(); };
      const auto cleanup = [&]() -> task<> { co_await gate.send(); };
      co_await with_cleanup(body, cleanup);
    });
    co_await until_waits(who, detail::wait_reason::chan_receive);
    EXPECT_EQ(trace_of(who.load()->id).stack.size(), 3u);
    owner.cancel();
    co_await until_waits(who, detail::wait_reason::chan_send);
    const kept_trace seen = trace_of(who.load()->id);
    EXPECT_EQ(seen.trace.state, goroutine_state::waiting);
    EXPECT_STREQ(seen.trace.reason, "chan send");
    EXPECT_EQ(seen.stack.size(), 4u);
    EXPECT_TRUE(seen.function(0).ends_with("::lambda")) << seen.function(0);
    co_await gate.receive();
    co_await until_alone();
  });
}

constexpr std::uint32_t before_dive = std::source_location::current().line();
task<> dive(int depth, channel<> never) {
  if (depth > 0)
    co_await dive(depth - 1, never);
  else
    co_await never.receive();
}

TEST_P(Traces, KeepBothEndsOfAVeryDeepStack) {
  run([]() -> task<> {
    const channel<> never;
    for (const int depth : {63, 126, 127, 128, 129, 1000}) {
      record who{};
      go([&]() -> task<> {
        who = testing::this_record();
        co_await dive(depth - 2, never);
      });
      co_await until_waits(who, detail::wait_reason::chan_receive);
      const kept_trace seen = trace_of(who.load()->id);
      EXPECT_EQ(seen.stack.size() + seen.trace.elided, static_cast<std::size_t>(depth));
      EXPECT_EQ(seen.stack.size(), std::min<std::size_t>(static_cast<std::size_t>(depth), 128));
      EXPECT_EQ(seen.stack.front().line(), before_dive + 5);
      for (std::size_t i = 1; i + 1 < seen.stack.size(); ++i)
        EXPECT_EQ(seen.stack[i].line(), before_dive + 3);
      EXPECT_NE(seen.function(seen.stack.size() - 1), "leash::dive");
      co_await never.send();
      co_await until_alone();
    }
  });
}

TEST_P(Traces, AreReadInSmallBatches) {
  run([]() -> task<> {
    constexpr std::size_t many = 3000;
    const channel<> never;
    std::atomic<std::size_t> started{0};
    for (std::size_t i = 0; i < many; ++i)
      go([&, i]() -> task<> {
        started += 1;
        // Some wait, the others can always run.
        if (i % 2 == 0)
          co_await never.receive();
        else
          while (!never.is_closed()) co_await this_goroutine::yield();
      });
    co_await until([&] { return started == many; });
    const detail::reader_counts before = detail::count_reads();
    std::set<std::uint64_t> seen;
    goroutine_cursor cursor;
    for (auto some = cursor.next(); !some.empty(); some = cursor.next()) {
      EXPECT_LE(some.size(), goroutine_cursor::batch);
      for (const goroutine_trace& each : some)
        EXPECT_TRUE(seen.insert(each.id).second) << each.id << " is shown twice";
    }
    const detail::reader_counts after = detail::count_reads();
    EXPECT_EQ(seen.size(), many + 1);
    EXPECT_GE(after.batches - before.batches, many / goroutine_cursor::batch);
    EXPECT_LE(after.most_pinned, goroutine_cursor::batch);
    EXPECT_GE(after.most_pinned, 1u);
    never.close();
    co_await until_alone();
  });
}

}  // namespace
}  // namespace leash
