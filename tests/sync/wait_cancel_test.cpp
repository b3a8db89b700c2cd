#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>

#include "support/waits.hpp"

#include <leash/leash.hpp>

// What a cancel does to who waits in a send, a receive, a select, a selector, a join, or for the end of a context: at
// whatever moment it comes, what would have ended the wait has either ended it or is there for the next, and
// nobody is left. Locks, timers, wait groups, replies and blocking() have the same in files of their own.

namespace {

using namespace leash;
using leash::testing::record;
using leash::testing::this_record;
using leash::testing::until;
using leash::testing::until_alone;
using leash::testing::waits;

// A kind of wait: wait() counts when it was ended by complete(), which is called once; left() says whether
// what that did is there for the next.

struct receiving {
  channel<int> values{1};
  std::atomic<int> delivered{0};
  task<> wait() {
    co_await values.receive();
    ++delivered;
  }
  void complete() const { EXPECT_EQ(values.try_send(1), op_status::success); }
  int left() const {
    std::optional<int> value;
    return values.try_receive(value) == op_status::success ? 1 : 0;
  }
};

struct sending {
  channel<int> values{1};
  std::atomic<int> delivered{0};
  sending() { EXPECT_EQ(values.try_send(1), op_status::success); }
  task<> wait() {
    co_await values.send(2);
    ++delivered;
  }
  void complete() const {
    std::optional<int> value;
    EXPECT_EQ(values.try_receive(value), op_status::success);
    EXPECT_EQ(value, 1);
  }
  int left() const { return values.try_send(3) == op_status::success ? 1 : 0; }
};

struct selecting : receiving {
  channel<int> silent;
  task<> wait() {
    co_await select(on_receive(silent), on_receive(values), on_send(silent, 1));
    ++delivered;
  }
};

struct selecting_of_many : receiving {
  channel<int> silent;
  task<> wait() {
    selector any;
    any.add(on_receive(silent));
    any.add(on_receive(values));
    co_await any.wait();
    ++delivered;
  }
};

struct joining {
  channel<> gate;
  join_handle<> other =
      spawn([](receive_channel<> in) -> task<> { co_await in.receive(); }, gate.receiver());
  std::atomic<int> delivered{0};
  task<> wait() {
    co_await other;
    ++delivered;
  }
  void complete() const { gate.close(); }
  int left() const { return other.has_ended() && delivered == 0 ? 1 : 0; }
};

struct waiting_for_a_context {
  cancelable_context context = with_cancel(background());
  std::atomic<int> delivered{0};
  task<> wait() {
    co_await context.context().done();
    ++delivered;
  }
  void complete() const { context.cancel(); }
  int left() const { return context.context().is_done() && delivered == 0 ? 1 : 0; }
};

struct canceller {
  const cancelable_context& owner;
  ~canceller() { owner.cancel(); }
};

template <class Kind>
class WaitCancel : public ::testing::Test {
 protected:
  // One that waits, and is on a leash.
  struct waiter {
    Kind kind;
    cancelable_context owner = with_cancel(background());
    record who{nullptr};
    std::atomic<bool> gone{false};

    task<> wait() {
      struct at_end {
        std::atomic<bool>& gone;
        ~at_end() { gone = true; }
      } const last{gone};
      who = this_record();
      co_await kind.wait();
    }
  };

  // check(waiter): with each number of workers, once the waiter waits.
  template <class Check>
  static void when_it_waits(Check check) {
    for (const std::uint32_t workers : {1u, 2u, 8u})
      run(
          [&check]() -> task<> {
            waiter one;
            go(one.owner, [&one] { return one.wait(); });
            co_await until([&one] { return waits(one.who); });
            co_await check(one);
            co_await until_alone();
          },
          {.processors = workers, .leaks = leak_policy::off});
  }

  // It was cancelled before complete().
  static task<> expect_nothing_taken(waiter& one) {
    co_await until([&one] { return one.gone.load(); });
    EXPECT_EQ(one.kind.delivered, 0);
    one.kind.complete();
    if constexpr (std::is_same_v<Kind, joining>) co_await until_alone();
    EXPECT_EQ(one.kind.left(), 1);
  }
};

using kinds = ::testing::Types<receiving, sending, selecting, selecting_of_many, joining,
                               waiting_for_a_context>;
TYPED_TEST_SUITE(WaitCancel, kinds);

TYPED_TEST(WaitCancel, BeforeTheWaitNothingIsTaken) {
  for (const std::uint32_t workers : {1u, 2u, 8u})
    run(
        []() -> task<> {
          typename TestFixture::waiter one;
          one.kind.complete();
          if constexpr (std::is_same_v<TypeParam, joining>) co_await until_alone();
          go(one.owner, [&one]() -> task<> {
            one.owner.cancel();
            co_await one.wait();
          });
          co_await until([&one] { return one.gone.load(); });
          EXPECT_EQ(one.kind.delivered, 0);
          EXPECT_EQ(one.kind.left(), 1);
          co_await until_alone();
        },
        {.processors = workers, .leaks = leak_policy::off});
}

TYPED_TEST(WaitCancel, DuringTheWaitNothingIsTaken) {
  TestFixture::when_it_waits([](auto& one) -> task<> {
    one.owner.cancel();
    co_await TestFixture::expect_nothing_taken(one);
  });
}

TYPED_TEST(WaitCancel, AtTheInstantOfTheEndItIsEither) {
  for (int order = 0; order < 3; ++order)
    TestFixture::when_it_waits([order](auto& one) -> task<> {
      if (order == 0) one.owner.cancel();
      if (order == 2) go([&one]() -> task<> { co_return one.owner.cancel(); });
      one.kind.complete();
      if (order == 1) one.owner.cancel();
      co_await until([&one] { return one.gone.load(); });
      co_await until_alone();
      const int delivered = one.kind.delivered;
      EXPECT_EQ(delivered + one.kind.left(), 1);
      if (order == 0) {
        EXPECT_EQ(delivered, 0);
      }
      // The end of a join comes from the goroutine that is joined; the others are claimed in complete().
      if (order == 1 && !std::is_same_v<TypeParam, joining>) {
        EXPECT_EQ(delivered, 1);
      }
    });
}

TYPED_TEST(WaitCancel, FromADestructorNothingIsTaken) {
  TestFixture::when_it_waits([](auto& one) -> task<> {
    const cancelable_context other = with_cancel(background());
    record who{nullptr};
    go(other, [&one, &who]() -> task<> {
      const canceller last{one.owner};
      who = this_record();
      co_await channel<>::nil().receive();
    });
    co_await until([&who] { return waits(who); });
    other.cancel();
    co_await TestFixture::expect_nothing_taken(one);
  });
}

TYPED_TEST(WaitCancel, FromAnotherThreadNothingIsTaken) {
  TestFixture::when_it_waits([](auto& one) -> task<> {
    const lend lent(one);
    std::thread([&one] { one.owner.cancel(); }).join();
    co_await TestFixture::expect_nothing_taken(one);
  });
}

TYPED_TEST(WaitCancel, TwiceIsAsOnce) {
  TestFixture::when_it_waits([](auto& one) -> task<> {
    one.owner.cancel();
    one.owner.cancel();
    co_await TestFixture::expect_nothing_taken(one);
    one.owner.cancel();
  });
}

}  // namespace
