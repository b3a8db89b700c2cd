#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "support/workers.hpp"

#include <leash/leash.hpp>

// What becomes of a goroutine whose context is done: it does nothing more, wherever the cancel finds it,
// and it is unwound later, on a worker, each of its frames once.

namespace {

using namespace leash;
using namespace std::chrono_literals;
using leash::testing::until_alone;
using leash::testing::virtual_time;

struct counted {
  int* destroyed;
  explicit counted(int& into) : destroyed(&into) {}
  counted(counted&&) = delete;
  ~counted() { ++*destroyed; }
};

TEST(Doom, CancelOnlyEnqueues) {
  run(
      []() -> task<> {
        int destroyed = 0;
        const cancelable_context owner = with_cancel(background());
        for (int i = 0; i < 3; ++i)
          go(owner, [&destroyed]() -> task<> {
            const counted here(destroyed);
            co_await channel<>().receive();
          });
        co_await this_goroutine::yield();
        owner.cancel();
        EXPECT_EQ(destroyed, 0) << "a frame was destroyed inside cancel()";
        co_await until_alone();
        EXPECT_EQ(destroyed, 3);
      },
      virtual_time);
}

task<> nest(int depth, int& destroyed) {
  const counted here(destroyed);
  if (depth == 1)
    co_await channel<>().receive();
  else
    co_await nest(depth - 1, destroyed);
}

TEST(Doom, DestroysEachFrameOnce) {
  run(
      []() -> task<> {
        int destroyed = 0;
        const cancelable_context owner = with_cancel(background());
        go(owner, [&destroyed]() -> task<> { co_await nest(5, destroyed); });
        co_await this_goroutine::yield();
        owner.cancel();
        co_await until_alone();
        EXPECT_EQ(destroyed, 5);
      },
      virtual_time);
}

TEST(Doom, StopsAGoroutineBeforeItsNextEffect) {
  run(
      []() -> task<> {
        channel<int> values(1);
        bool tried = false;
        cancelable_context owner = with_cancel(background());
        go(owner, [&]() -> task<> {
          owner.cancel();
          tried = true;
          co_await values.send(1);
          ADD_FAILURE() << "a doomed goroutine went on";
        });
        co_await until_alone();
        EXPECT_TRUE(tried);
        EXPECT_EQ(values.size(), 0u);
      },
      virtual_time);
}

// The last operation of a time slice yields after it has happened; a cancel may not take its value.
TEST(Doom, DeliversWhatWasReceivedAtTheEndOfATimeSlice) {
  run(
      []() -> task<> {
        for (int values = 1; values <= 300; ++values) {
          channel<int> full(300);
          for (int i = 0; i < values; ++i) EXPECT_EQ(full.try_send(i), op_status::success);
          int received = 0;
          cancelable_context owner = with_cancel(background());
          go(owner, [&]() -> task<> {
            for (;;) {
              co_await full.receive();
              ++received;
            }
          });
          co_await this_goroutine::yield();
          owner.cancel();
          co_await until_alone();
          EXPECT_EQ(static_cast<std::size_t>(received) + full.size(),
                    static_cast<std::size_t>(values));
        }
      },
      virtual_time);
}

// A barrier that has nothing to wait for is one all the same.
TEST(Doom, StopsAGoroutineAtABarrier) {
  run(
      []() -> task<> {
        bool went_on = false;
        cancelable_context owner = with_cancel(background());
        go(owner, [&]() -> task<> {
          owner.cancel();
          try {
            co_await race(std::vector<task<int>>{});
          } catch (const no_winner&) {
            went_on = true;
          }
        });
        co_await until_alone();
        EXPECT_FALSE(went_on);
      },
      virtual_time);
}

// Parks just after its context was cancelled: the cancel found it running, and claims nobody later.
class park_after_cancel final : public detail::wait_base {
 public:
  explicit park_after_cancel(const cancelable_context& leash) : leash_(leash) {}
  park_after_cancel(park_after_cancel&&) = delete;
  void bind(detail::promise_base& frame) { self_ = frame.owner; }
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<>) {
    detail::goroutine& self = *self_;
    self.wait = this;
    leash_.cancel();
    if (park(self, detail::wait_reason::chan_receive, nullptr, 0) == 0) make_ready(self);
  }
  void await_resume() const {}
  bool abandon(detail::goroutine&) noexcept override { return true; }

 private:
  const cancelable_context& leash_;
  detail::goroutine* self_ = nullptr;
};

TEST(Doom, IsSeenByWhoParksAfterTheCancel) {
  run(
      []() -> task<> {
        const cancelable_context owner = with_cancel(background());
        go(owner, [&owner]() -> task<> { co_await park_after_cancel(owner); });
        for (int i = 0; i < 10; ++i) co_await this_goroutine::yield();
        EXPECT_EQ(num_goroutines(), 1u);
      },
      virtual_time);
}

// A cancel at every instant around the moment in which a goroutine parks: one of the two sees the other.
TEST(Doom, ReachesAGoroutineThatIsJustParking) {
  constexpr int rounds = 20'000;
  run(
      []() -> task<> {
        for (int i = 0; i < rounds && !::testing::Test::HasFailure(); ++i) {
          std::atomic<bool> about_to_park{false};
          cancelable_context owner = with_cancel(background());
          go(owner, [&about_to_park, i]() -> task<> {
            const channel<int> silent;
            about_to_park = true;
            for (volatile int pause = i % 400; pause > 0;) pause = pause - 1;
            co_await silent.receive();
          });
          // Computes on purpose: the other worker takes the goroutine.
          for (int turn = 0; turn < 100'000'000 && !about_to_park; ++turn) {
            if (turn % 1000 == 999) co_await this_goroutine::yield();
          }
          owner.cancel();
          // No more than a guard against waiting for ever.
          const auto give_up = std::chrono::steady_clock::now() + 1min;
          while (num_goroutines() != 1 && std::chrono::steady_clock::now() < give_up)
            co_await this_goroutine::yield();
          EXPECT_EQ(num_goroutines(), 1u) << "round " << i;
        }
      },
      {.processors = 2, .leaks = leak_policy::off});
}

}  // namespace
