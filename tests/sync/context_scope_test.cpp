#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/workers.hpp"

#include <leash/leash.hpp>

namespace {

using namespace leash;
using namespace std::chrono_literals;
using leash::testing::until_alone;
using leash::testing::virtual_time;

// Says in its destructor whether the goroutine was unwound.
struct witness {
  std::atomic<int>* unwound;
  explicit witness(std::atomic<int>& into) : unwound(&into) {}
  witness(witness&&) = delete;
  ~witness() {
    if (unwinding()) unwound->fetch_add(1);
  }
};

class Leash : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(Leash);

TEST_P(Leash, CancellingAContextUnwindsItsGoroutines) {
  std::atomic<int> unwound{0};
  run([&]() -> task<> {
    cancelable_context owner = with_cancel(background());
    for (int i = 0; i < 1000; ++i)
      go(owner, [&]() -> task<> {
        witness here(unwound);
        co_await channel<int>().receive();
      });
    owner.cancel();
    co_await until_alone();
  });
  EXPECT_EQ(unwound, 1000);
}

TEST_P(Leash, AContextIsCancelledWhenItsOwnerGoes) {
  run([]() -> task<> {
    context view;
    {
      const cancelable_context owner = with_cancel(background());
      view = owner.context();
      EXPECT_FALSE(view.is_done());
    }
    co_await view.done();
    EXPECT_EQ(view.error(), errc::canceled);
  });
}

TEST_P(Leash, ChildrenAreCancelledWithTheirParentAndInheritItsCause) {
  run([]() -> task<> {
    const cancelable_context parent = with_cancel(background());
    const cancelable_context child = with_cancel(parent);
    const cancelable_context grandchild = with_cancel(child);
    parent.cancel(std::make_exception_ptr(std::runtime_error("enough")));
    co_await grandchild.context().done();
    EXPECT_THROW(std::rethrow_exception(grandchild.context().cause()), std::runtime_error);
    const cancelable_context late = with_cancel(parent);
    EXPECT_TRUE(late.context().is_done());
  });
}

TEST(Deadline, EndsAContextOnTime) {
  run(
      []() -> task<> {
        const auto began = now();
        const cancelable_context owner = with_timeout(background(), 50ms);
        const cancelable_context below = with_cancel(owner);
        EXPECT_EQ(below.context().deadline(), began + 50ms);
        co_await below.context().done();
        EXPECT_EQ(now() - began, 50ms);
        EXPECT_EQ(below.context().error(), errc::deadline_exceeded);
      },
      virtual_time);
}

TEST_P(Leash, AScopeEndsAfterItsChildren) {
  run([]() -> task<> {
    std::atomic<int> sum{0};
    co_await with_scope([&](scope& s) -> task<> {
      for (int i = 1; i <= 100; ++i)
        s.go(
            [&](int number) -> task<> {
              co_await this_goroutine::yield();
              sum += number;
            },
            i);
      co_return;
    });
    EXPECT_EQ(sum, 5050);
    EXPECT_EQ(num_goroutines(), 1u);
  });
}

TEST_P(Leash, AFailingChildUnwindsTheOthersAndIsRethrown) {
  std::atomic<int> unwound{0};
  run([&]() -> task<> {
    EXPECT_THROW(co_await with_scope([&](scope& s) -> task<> {
                   s.go([]() -> task<> {
                     co_await this_goroutine::yield();
                     throw std::runtime_error("child");
                   });
                   witness here(unwound);
                   co_await channel<int>().receive();
                 }),
                 std::runtime_error);
  });
  EXPECT_EQ(unwound, 1);
}

// The children borrow from the body's frame: it must still be there when they are unwound.
TEST_P(Leash, AnUnwoundScopeLetsItsFrameGoAfterItsChildren) {
  std::atomic<int> wrong{0};
  std::atomic<int> unwound{0};
  run([&]() -> task<> {
    for (int round = 0; round < 200; ++round) {
      cancelable_context owner = with_cancel(background());
      go(owner, [&]() -> task<> {
        struct owned {
          std::atomic<int> children{0};
          std::atomic<int>* wrong;
          ~owned() {
            if (children != 0) ++*wrong;
          }
        } shared{.wrong = &wrong};
        co_await with_scope([&](scope& s) -> task<> {
          for (int i = 0; i < 4; ++i)
            s.go([&]() -> task<> {
              struct counted {
                std::atomic<int>& children;
                ~counted() { --children; }
              } here{(++shared.children, shared.children)};
              witness seen(unwound);
              co_await channel<int>().receive();
            });
          co_await channel<int>().receive();
        });
      });
      for (int i = round % 7; i > 0; --i) co_await this_goroutine::yield();
      owner.cancel();
    }
    co_await until_alone();
  });
  EXPECT_EQ(wrong, 0);
}

TEST(Scope, ThrowsWhenItsChildrenWereUnwound) {
  run(
      []() -> task<> {
        try {
          co_await with_scope([](scope& s) -> task<> {
            s.cancel();
            co_await sleep(1h);
          });
          ADD_FAILURE() << "a scope returned though its children were unwound";
        } catch (const error& ended) {
          EXPECT_EQ(ended.code(), errc::canceled);
        }
      },
      virtual_time);
}

task<int> after_a_while(std::chrono::milliseconds d) {
  co_await sleep(d);
  co_return 5;
}

TEST(Timeout, PassesTheValueOnOrUnwindsTheTask) {
  run(
      []() -> task<> {
        EXPECT_EQ(co_await timeout(10ms, after_a_while(5ms)), 5);
        try {
          co_await timeout(10ms, after_a_while(20ms));
          ADD_FAILURE();
        } catch (const error& ended) {
          EXPECT_EQ(ended.code(), errc::timed_out);
        }
        EXPECT_EQ(num_goroutines(), 1u);
      },
      virtual_time);
}

TEST(After, SendsTheTimeOnce) {
  run(
      []() -> task<> {
        const auto began = now();
        const auto ticks = after(30ms);
        EXPECT_EQ(*co_await ticks.receive() - began, 30ms);
        const auto dropped = after(1h);
      },
      virtual_time);
}

}  // namespace
