// What is proven where goroutines wait for one another, for contexts and for notifications, and that nothing else is.
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

#include "support/proven.hpp"

namespace leash {
namespace {

using namespace std::chrono_literals;

struct user {
  using type = int;
};

class GroupKernels : public testing::ProvenOverWorkers {};

TEST_P(GroupKernels, AWaitGroupThatIsNeverDone) {
  EXPECT_EQ("waiter", left_by(1, []() -> task<> {
              go([]() -> task<> {
                const wait_group all;
                all.add(1);
                stays("waiter");
                co_await all.wait();
              });
              co_return;
            }));
}

TEST_P(GroupKernels, AWaitGroupWhoseTokenABlockedSenderHas) {
  EXPECT_EQ("sender waiter", left_by(2, []() -> task<> {
              const wait_group all;
              go([done = all.token()]() -> task<> {
                stays("sender");
                co_await channel<int>().send(1);
              });
              go([all]() -> task<> {
                stays("waiter");
                co_await all.wait();
              });
              co_return;
            }));
}

TEST_P(GroupKernels, NoWaitGroupWhoseTokenMainHas) {
  EXPECT_EQ("", left_by(1, []() -> task<wait_group_token> {
              const wait_group all;
              auto kept = all.token();
              go([all]() -> task<> {
                stays("waiter");
                co_await all.wait();
              });
              co_return kept;
            }));
}

TEST_P(GroupKernels, ACondThatNobodyNotifies) {
  EXPECT_EQ("waiter", left_by(1, []() -> task<> {
              go([]() -> task<> {
                const mutex lock;
                const cond changed(lock);
                auto held = co_await lock.lock();
                stays("waiter");
                co_await changed.wait(held);
              });
              co_return;
            }));
}

TEST_P(GroupKernels, NoCondThatMainCanNotify) {
  EXPECT_EQ("", left_by(1, []() -> task<cond> {
              const mutex lock;
              const cond changed(lock);
              go([lock, changed]() -> task<> {
                auto held = co_await lock.lock();
                stays("waiter");
                co_await changed.wait(held);
              });
              co_return changed;
            }));
}

TEST_P(GroupKernels, TheEndOfTheBackground) {
  EXPECT_EQ("waiter", left_by(1, []() -> task<> {
              go([]() -> task<> {
                stays("waiter");
                co_await background().done();
              });
              co_return;
            }));
}

// Lost cancel: the only owner of the context can never run again.
TEST_P(GroupKernels, AContextWhoseOwnerLeaksAway) {
  EXPECT_EQ("listener owner", left_by(2, []() -> task<> {
              go([]() -> task<> {
                const auto stop = with_cancel(background());
                go([done = stop.context()]() -> task<> {
                  stays("listener");
                  co_await done.done();
                });
                stays("owner");
                co_await channel<int>().receive();
              });
              co_return;
            }));
}

TEST_P(GroupKernels, AGoroutineOnTheLeashOfAnOwnerThatLeaksAway) {
  EXPECT_EQ("leashed owner", left_by(2, []() -> task<> {
              go([]() -> task<> {
                const auto stop = with_cancel(background());
                go(stop, []() -> task<> {
                  stays("leashed");
                  co_await channel<int>().receive();
                });
                stays("owner");
                co_await channel<int>().receive();
              });
              co_return;
            }));
}

TEST_P(GroupKernels, NobodyOnALeashThatMainCanPull) {
  EXPECT_EQ("", left_by(2, []() -> task<cancelable_context> {
              auto stop = with_cancel(background());
              go(stop, []() -> task<> {
                stays("leashed");
                co_await channel<int>().receive();
              });
              go([done = stop.context()]() -> task<> {
                stays("listener");
                co_await done.done();
              });
              co_return stop;
            }));
}

TEST_P(GroupKernels, NobodyBelowAContextThatMainCanCancel) {
  EXPECT_EQ("", left_by(1, []() -> task<cancelable_context> {
              auto above = with_cancel(background());
              go([parent = above.context()]() -> task<> {
                const auto between = with_cancel(parent);
                const auto below = with_cancel(with_value<user>(between, 1));
                stays("listener");
                co_await below.context().done();
              });
              co_return above;
            }));
}

TEST_P(GroupKernels, NobodyUnderADeadline) {
  EXPECT_EQ("", left_by(2, []() -> task<> {
              go([]() -> task<> {
                const auto bound = with_timeout(background(), 1h);
                go(bound, []() -> task<> {
                  stays("leashed");
                  co_await channel<int>().receive();
                });
                stays("owner");
                co_await bound.context().done();
              });
              co_return;
            }));
}

[[gnu::noinline]] void hide(const channel<int>& known, std::atomic<std::uintptr_t>& in) {
  in = ~reinterpret_cast<std::uintptr_t>(&known);
}

// A shield keeps run() from returning, so it is ended by what leash cannot see.
TEST_P(GroupKernels, AShieldFromTheLeashThatMainCouldPull) {
  static std::atomic<std::uintptr_t> hidden;
  std::string most;
  for (int i = 0; i < 5; ++i) {
    forget_all();
    std::string found;
    run([&]() -> task<> {
      const auto stop = with_cancel(background());
      go(stop, []() -> task<> {
        co_await shield([]() -> task<> {
          const channel<int> values;
          hide(values, hidden);
          stays("shielded");
          co_await values.receive();
        }());
      });
      co_await settled(1);
      found = proven();
      std::thread([] {
        reinterpret_cast<const channel<int>*>(~hidden.load())->send_blocking(1);
      }).join();
      co_await testing::until_alone();
    });
    if (found.size() > most.size()) most = found;
  }
  EXPECT_EQ("shielded", most);
}

TEST_P(GroupKernels, NobodyInAScopeThatMainCanCancel) {
  EXPECT_EQ("", left_by(2, []() -> task<cancelable_context> {
              auto stop = with_cancel(background());
              go(stop, []() -> task<> {
                co_await with_scope([](scope& children) -> task<> {
                  children.go([]() -> task<> {
                    stays("child");
                    co_await channel<int>().receive();
                  });
                  co_return;
                });
              });
              go([]() -> task<> {
                stays("sleeper");
                co_await sleep(1h);
              });
              co_return stop;
            }));
}

TEST_P(GroupKernels, AJoinOfALeakedGoroutine) {
  EXPECT_EQ("joiner stuck", left_by(2, []() -> task<> {
              go([]() -> task<> {
                auto child = spawn([]() -> task<> {
                  stays("stuck");
                  co_await channel<int>().receive();
                });
                stays("joiner");
                co_await child;
              });
              co_return;
            }));
}

TEST_P(GroupKernels, NoJoinOfASleeper) {
  EXPECT_EQ("", left_by(2, []() -> task<> {
              go([]() -> task<> {
                auto child = spawn([]() -> task<> {
                  stays("sleeper");
                  co_await sleep(1h);
                });
                stays("joiner");
                co_await child;
              });
              co_return;
            }));
}

TEST_P(GroupKernels, NothingThatRunsWhenAContextIsDone) {
  std::string found;
  std::atomic<bool> ran{false};
  run([&]() -> task<> {
    const auto stop = with_cancel(background());
    const channel<int> values;
    after_func(stop, [values]() -> task<> { co_await values.send(1); });
    go([values = values.receiver(), &ran]() -> task<> {
      stays("receiver");
      co_await values.receive();
      ran = true;
    });
    co_await settled(1);
    found = proven();
    stop.cancel();
    co_await testing::until([&] { return ran.load(); });
  });
  EXPECT_EQ("", found);
}

LEASH_OVER_WORKERS(GroupKernels);

}  // namespace
}  // namespace leash
