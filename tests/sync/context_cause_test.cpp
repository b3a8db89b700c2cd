#include <gtest/gtest.h>

#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/workers.hpp"

#include <leash/leash.hpp>

// Why a context is done, and what ends with it.

namespace {

using namespace leash;
using namespace std::chrono_literals;
using leash::testing::until_alone;
using leash::testing::virtual_time;

std::exception_ptr reason(const char* text) {
  return std::make_exception_ptr(std::runtime_error(text));
}

// What the cause says: its text, or the name of leash's own error; empty: there is none.
std::string told(const context& ended) {
  if (ended.cause() == nullptr) return {};
  try {
    std::rethrow_exception(ended.cause());
  } catch (const error& own) {
    return own.code() == errc::canceled ? "canceled" : "deadline_exceeded";
  } catch (const std::exception& given) {
    return given.what();
  }
}

TEST(Cause, OfTheBackgroundAndOfWhatIsNotDoneIsNone) {
  const cancelable_context owner = with_cancel(background());
  EXPECT_FALSE(background().is_done());
  EXPECT_EQ(told(background()), "");
  EXPECT_EQ(told(owner), "");
}

TEST(Cause, IsTheErrorWhenNoneWasGiven) {
  run(
      []() -> task<> {
        const cancelable_context canceled = with_cancel(background());
        canceled.cancel();
        EXPECT_EQ(told(canceled), "canceled");
        const cancelable_context told_nothing = with_cancel(background());
        told_nothing.cancel(nullptr);
        EXPECT_EQ(told(told_nothing), "canceled");
        const cancelable_context late = with_timeout(background(), 1ms);
        co_await late.context().done();
        EXPECT_EQ(told(late), "deadline_exceeded");
      },
      virtual_time);
}

TEST(Cause, IsTheOneThatWasGivenAndTheErrorStaysTheError) {
  const cancelable_context owner = with_cancel(background());
  owner.cancel(reason("enough"));
  EXPECT_EQ(owner.context().error(), errc::canceled);
  EXPECT_EQ(told(owner), "enough");
}

TEST(Cause, OfTheFirstCancelStays) {
  const cancelable_context owner = with_cancel(background());
  owner.cancel(reason("first"));
  owner.cancel(reason("second"));
  EXPECT_EQ(told(owner), "first");
  const cancelable_context without = with_cancel(background());
  without.cancel();
  without.cancel(reason("too late"));
  EXPECT_EQ(told(without), "canceled");
}

TEST(Cause, IsHandedToTheContextsBelow) {
  const cancelable_context parent = with_cancel(background());
  const cancelable_context child = with_cancel(parent);
  const cancelable_context grandchild = with_cancel(child);
  parent.cancel(reason("parent"));
  child.cancel(reason("child"));
  EXPECT_EQ(told(parent), "parent");
  EXPECT_EQ(told(child), "parent");
  EXPECT_EQ(told(grandchild), "parent");
}

TEST(Cause, OfAChildThatEndsFirstIsItsOwn) {
  const cancelable_context parent = with_cancel(background());
  const cancelable_context child = with_cancel(parent);
  const cancelable_context grandchild = with_cancel(child);
  child.cancel(reason("child"));
  EXPECT_EQ(told(parent), "");
  parent.cancel(reason("parent"));
  EXPECT_EQ(told(parent), "parent");
  EXPECT_EQ(told(child), "child");
  EXPECT_EQ(told(grandchild), "child");
  EXPECT_EQ(told(with_cancel(parent)), "parent");
}

TEST(Cause, OfADeadlineIsTheOneThatWasGivenForIt) {
  run(
      []() -> task<> {
        const cancelable_context late = with_timeout(background(), 1ms, reason("too slow"));
        EXPECT_EQ(told(late), "");
        const cancelable_context below = with_cancel(late);
        co_await below.context().done();
        EXPECT_EQ(below.context().error(), errc::deadline_exceeded);
        EXPECT_EQ(told(late), "too slow");
        EXPECT_EQ(told(below), "too slow");
      },
      virtual_time);
}

TEST(Cause, OfADeadlineIsForgottenWhenACancelComesFirst) {
  run(
      []() -> task<> {
        const cancelable_context ended = with_timeout(background(), 1ms, reason("too slow"));
        ended.cancel();
        EXPECT_EQ(told(ended), "canceled");
        const cancelable_context said = with_timeout(background(), 1ms, reason("too slow"));
        said.cancel(reason("enough"));
        co_await sleep(5ms);
        EXPECT_EQ(told(said), "enough");
        EXPECT_EQ(said.context().error(), errc::canceled);
      },
      virtual_time);
}

TEST(Cause, OfTheEarlierOfTwoDeadlinesIsMeant) {
  run(
      []() -> task<> {
        const cancelable_context outer = with_timeout(background(), 1ms, reason("outer"));
        const cancelable_context inner = with_timeout(outer, 1h, reason("inner"));
        co_await inner.context().done();
        EXPECT_EQ(told(inner), "outer");
        const cancelable_context wide = with_timeout(background(), 1h, reason("wide"));
        const cancelable_context tight = with_timeout(wide, 1ms, reason("tight"));
        co_await tight.context().done();
        EXPECT_EQ(told(tight), "tight");
        EXPECT_EQ(told(wide), "");
      },
      virtual_time);
}

// What a context holds knows before anybody can see that it is done, at the first cancel and at those after.
TEST(ContextHooks, AreToldBeforeTheContextIsDone) {
  static int told_before = 0;
  told_before = 0;  // the tests may be repeated
  constexpr detail::context_hooks hooks{
      .ending = [](detail::object& ending) noexcept { told_before += ending.done.load() ? 0 : 1; }};
  const cancelable_context parent = with_cancel(background());
  const detail::handle child = detail::make_context(
      detail::context_access::target(parent), detail::clock_time::max(), 0, {.hooks = &hooks});
  parent.cancel();
  EXPECT_TRUE(child.target()->done.load());
  EXPECT_EQ(told_before, 1);
  parent.cancel();
  EXPECT_EQ(told_before, 1);
}

class ContextTree : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(ContextTree);

TEST_P(ContextTree, CausesThatRaceAreOneOfThem) {
  run([]() -> task<> {
    for (int round = 0; round < 100; ++round) {
      const cancelable_context owner = with_cancel(background());
      for (int i = 0; i < 3; ++i)
        go([&owner]() -> task<> {
          owner.cancel(reason("racer"));
          co_return;
        });
      co_await owner.context().done();
      EXPECT_EQ(told(owner), "racer");
      co_await until_alone();
    }
  });
}

TEST_P(ContextTree, CancelsOfAllOfItAtTheSameTimeEndAllOfIt) {
  run([]() -> task<> {
    std::vector<cancelable_context> all;
    all.push_back(with_cancel(background()));
    for (std::size_t next = 0; all.size() < 100; ++next)
      for (int i = 0; i < 4; ++i) all.push_back(with_cancel(all[next]));
    for (const auto& each : all)
      go([&each]() -> task<> {
        each.cancel();
        co_return;
      });
    for (const auto& each : all) co_await each.context().done();
    co_await until_alone();
  });
}

TEST_P(ContextTree, ParentAndChildCancelledAtTheSameTimeHoldNobodyUp) {
  run([]() -> task<> {
    for (int round = 0; round < 100; ++round) {
      const cancelable_context parent = with_cancel(background());
      const cancelable_context child = with_cancel(parent);
      go([&child]() -> task<> {
        child.cancel();
        co_return;
      });
      parent.cancel();
      co_await child.context().done();
      co_await until_alone();
    }
  });
}

TEST_P(ContextTree, AChildThatEndsFirstLeavesItsParentAlone) {
  run([]() -> task<> {
    const cancelable_context parent = with_cancel(background());
    {
      const cancelable_context child = with_cancel(parent);
      child.cancel();
      EXPECT_TRUE(child.context().is_done());
      EXPECT_EQ(child.context().error(), errc::canceled);
    }
    const cancelable_context timed = with_timeout(parent, 1h);
    timed.cancel();
    EXPECT_FALSE(parent.context().is_done());
    EXPECT_EQ(parent.context().error(), std::error_code());
    co_return;
  });
}

TEST(Deadline, ThatHasPassedEndsTheContextAtOnce) {
  run(
      []() -> task<> {
        const auto began = now();
        const cancelable_context past = with_deadline(background(), began - 1ms);
        co_await past.context().done();
        const cancelable_context present = with_deadline(background(), began);
        co_await present.context().done();
        EXPECT_EQ(now(), began);
        EXPECT_EQ(past.context().error(), errc::deadline_exceeded);
        EXPECT_EQ(present.context().error(), errc::deadline_exceeded);
      },
      virtual_time);
}

TEST(Deadline, OfTheParentHoldsForWhatIsBelowWhateverThatOneSays) {
  run(
      []() -> task<> {
        const auto began = now();
        const cancelable_context outer = with_timeout(background(), 50ms);
        const cancelable_context inner = with_timeout(outer, 4s);
        EXPECT_EQ(inner.context().deadline(), began + 50ms);
        co_await inner.context().done();
        EXPECT_EQ(now() - began, 50ms);
        EXPECT_EQ(inner.context().error(), errc::deadline_exceeded);
      },
      virtual_time);
}

TEST(Deadline, OfAsLongAsCanBeNeverComes) {
  run(
      []() -> task<> {
        const cancelable_context patient =
            with_timeout(background(), std::chrono::nanoseconds::max());
        EXPECT_EQ(co_await select(on_done(patient), on_timeout(1h)), 1u);
      },
      virtual_time);
}

}  // namespace
