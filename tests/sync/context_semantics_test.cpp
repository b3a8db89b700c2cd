#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>

#include "support/blocking.hpp"
#include "support/workers.hpp"

#include <leash/context.hpp>
#include <leash/runtime.hpp>
#include <leash/select.hpp>
#include <leash/time.hpp>

// Contexts behave as Go's: what tests/go_semantics.md names for context/x_test.go.

namespace {

using namespace leash;
using namespace std::chrono_literals;
using leash::testing::blocks;
using leash::testing::until_alone;
using leash::testing::virtual_time;

class ContextSemantics : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(ContextSemantics);

// What select finds at once, as Go's tests look at Done().
task<bool> finds_done(context ctx) { co_return co_await select(on_done(ctx), otherwise()) == 0; }

std::exception_ptr because(const char* text) {
  return std::make_exception_ptr(std::runtime_error(text));
}

std::string text_of(const std::exception_ptr& cause) {
  if (!cause) return "";
  try {
    std::rethrow_exception(cause);
  } catch (const std::exception& given) {
    return given.what();
  }
}

TEST_P(ContextSemantics, TheBackgroundIsNeverDone) {
  run([]() -> task<> {
    const context ctx = background();
    EXPECT_FALSE(co_await finds_done(ctx));
    EXPECT_FALSE(ctx.is_done());
    EXPECT_FALSE(ctx.error());
    EXPECT_FALSE(ctx.cause());
    EXPECT_FALSE(ctx.deadline());
    EXPECT_EQ(ctx, context());
    EXPECT_TRUE(co_await blocks([ctx]() -> task<> { co_await ctx.done(); }));
  });
}

TEST_P(ContextSemantics, CancelReachesEverybodyBeforeItReturns) {
  run([]() -> task<> {
    const cancelable_context owner = with_cancel(background());
    const cancelable_context below = with_cancel(owner);
    const std::array<context, 3> all{owner.context(), context(owner), below.context()};
    for (const auto& each : all) {
      EXPECT_FALSE(co_await finds_done(each));
      EXPECT_FALSE(each.error());
    }
    owner.cancel();
    for (const auto& each : all) {
      EXPECT_TRUE(co_await finds_done(each));
      EXPECT_EQ(each.error(), errc::canceled);
    }
    owner.cancel();
    EXPECT_EQ(owner.context().error(), errc::canceled);
  });
}

TEST_P(ContextSemantics, AParentFinishesItsChildren) {
  run([]() -> task<> {
    const cancelable_context parent = with_cancel(background());
    const cancelable_context child = with_cancel(parent);
    const cancelable_context timed = with_timeout(parent, 1000h);
    EXPECT_EQ(co_await select(on_done(parent), on_done(child), on_done(timed), otherwise()), 3u);
    parent.cancel();
    for (const auto* each : {&parent, &child, &timed}) {
      EXPECT_TRUE(co_await finds_done(*each));
      EXPECT_EQ(each->context().error(), errc::canceled);
    }
    const cancelable_context late = with_timeout(parent, 1000h);
    EXPECT_TRUE(co_await finds_done(late));
    EXPECT_EQ(late.context().error(), errc::canceled);
  });
}

// Children of the context that it knows of; a parent that keeps those that are gone grows for ever.
std::size_t children_of(const context& parent) {
  detail::object& object = *detail::context_access::target(parent);
  object.lock.lock();
  std::size_t count = 0;
  for (const auto* each = object.as<detail::context_body>().children.get(); each != nullptr;
       each = each->next_sibling.get())
    ++count;
  object.lock.unlock();
  return count;
}

TEST_P(ContextSemantics, AParentForgetsAChildThatIsGone) {
  run([]() -> task<> {
    const cancelable_context parent = with_cancel(background());
    {
      const cancelable_context child = with_cancel(parent);
      const cancelable_context timed = with_timeout(parent, 1h);
      EXPECT_EQ(children_of(parent), 2u);
    }
    EXPECT_EQ(children_of(parent), 0u);
    co_return;
  });
}

TEST_P(ContextSemantics, AChildOfADoneParentIsDoneFromTheStart) {
  run([]() -> task<> {
    const cancelable_context parent = with_cancel(background());
    parent.cancel(because("enough"));
    const cancelable_context child = with_cancel(parent);
    EXPECT_TRUE(co_await finds_done(child));
    EXPECT_EQ(child.context().error(), errc::canceled);
    EXPECT_EQ(text_of(child.context().cause()), "enough");
  });
}

TEST_P(ContextSemantics, AChildMadeWhileItsParentIsCancelledIsCancelled) {
  run([]() -> task<> {
    for (int round = 0; round < 200; ++round) {
      const auto parent = std::make_shared<cancelable_context>(with_cancel(background()));
      go([parent]() -> task<> {
        parent->cancel(because("enough"));
        co_return;
      });
      const cancelable_context child = with_cancel(*parent);
      co_await child.context().done();
      EXPECT_EQ(child.context().error(), errc::canceled);
      EXPECT_EQ(text_of(child.context().cause()), "enough");
    }
    co_await until_alone();
  });
}

TEST_P(ContextSemantics, AChildIsCancelledByWhoWaitedForItsParent) {
  run([]() -> task<> {
    const cancelable_context parent = with_cancel(background());
    const cancelable_context child = with_cancel(parent);
    go([&]() -> task<> {
      co_await parent.context().done();
      child.cancel();
    });
    parent.cancel();
    co_await child.context().done();
    co_await until_alone();
  });
}

struct number {
  using type = int;
};

void contexts_come_and_go(int times) {
  for (int i = 0; i < times; ++i) {
    const context valued = with_value<number>(background(), i);
    const cancelable_context plain = with_cancel(valued);
    const cancelable_context timed = with_timeout(plain, 1h);
    EXPECT_EQ(*timed.context().value<number>(), i);
    if (i % 2 == 0) timed.cancel();
  }
}

TEST_P(ContextSemantics, LeavesNoMemoryBehind) {
  run([]() -> task<> {
    contexts_come_and_go(100);
    const auto before = memory();
    const auto records = detail::object_pool::instance().size();
    contexts_come_and_go(2000);
    EXPECT_EQ(memory().live_bytes, before.live_bytes);
    EXPECT_LT(detail::object_pool::instance().size() - records, 200u);
    co_return;
  });
}

task<> ends_after(context ctx, std::chrono::nanoseconds limit) {
  const auto began = now();
  co_await ctx.done();
  EXPECT_EQ(now() - began, limit);
  EXPECT_EQ(ctx.error(), errc::deadline_exceeded);
}

TEST(ContextSemanticsInTime, ADeadlineEndsAContextAndThoseBelow) {
  run(
      []() -> task<> {
        const cancelable_context plain = with_deadline(background(), now() + 1ms);
        co_await ends_after(plain, 1ms);
        const cancelable_context early = with_deadline(background(), now() + 1ms);
        const cancelable_context late = with_deadline(early, now() + 1000h);
        EXPECT_EQ(late.context().deadline(), early.context().deadline());
        co_await ends_after(late, 1ms);
      },
      virtual_time);
}

TEST(ContextSemanticsInTime, ATimeoutThatIsCancelledIsCancelled) {
  run(
      []() -> task<> {
        const cancelable_context outer = with_timeout(background(), 1s);
        const cancelable_context inner = with_timeout(outer, 1000h);
        inner.cancel();
        EXPECT_TRUE(co_await finds_done(inner));
        EXPECT_EQ(inner.context().error(), errc::canceled);
        EXPECT_FALSE(outer.context().is_done());
        co_await sleep(2s);
        EXPECT_EQ(inner.context().error(), errc::canceled) << "the first reason stays";
      },
      virtual_time);
}

// As a time-out of a socket is: whoever waits for either can tell without knowing leash.
TEST(ContextSemanticsInTime, ADeadlineIsATimeOutToTheStandardLibrary) {
  run(
      []() -> task<> {
        const cancelable_context late = with_timeout(background(), 1ms);
        co_await late.context().done();
        EXPECT_EQ(late.context().error(), std::errc::timed_out);
        const cancelable_context ended = with_cancel(background());
        ended.cancel();
        EXPECT_EQ(ended.context().error(), std::errc::operation_canceled);
        EXPECT_NE(ended.context().error(), std::errc::timed_out);
      },
      virtual_time);
}

}  // namespace
