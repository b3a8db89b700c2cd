// What is proven where goroutines wait for locks, and that nothing else is.
#include <gtest/gtest.h>

#include <string>

#include "support/proven.hpp"

namespace leash {
namespace {

using namespace std::chrono_literals;

class LockKernels : public testing::ProvenOverWorkers {};

mutex global_a;
mutex global_b;

// Two goroutines, each of which has the first lock before either asks for its second.
task<> take_crosswise(mutex first, mutex second, const char* name, channel<> here,
                      channel<> there) {
  const auto held = co_await first.lock();
  (void)here.try_send();
  co_await there.receive();
  testing::ProvenOverWorkers::stays(name);
  const auto never = co_await second.lock();
}

task<> lock_crosswise(mutex a, mutex b) {
  const channel<> one(1);
  const channel<> two(1);
  go(take_crosswise, a, b, "ab", one, two);
  go(take_crosswise, b, a, "ba", two, one);
  co_return;
}

TEST_P(LockKernels, LocksTakenInOppositeOrder) {
  EXPECT_EQ("ab ba", left_by(2, []() -> task<> { co_await lock_crosswise({}, {}); }));
}

// A mutex can only be unlocked by its guard: who else knows it does not matter.
TEST_P(LockKernels, GlobalLocksTakenInOppositeOrder) {
  EXPECT_EQ("ab ba", left_by(2, []() -> task<> { co_await lock_crosswise(global_a, global_b); }));
}

TEST_P(LockKernels, LocksTakenInOppositeOrderThatLieInATracedBlock) {
  struct shared {
    mutex a;
    mutex b;
  };
  EXPECT_EQ("ab ba", left_by(2, []() -> task<traced_ptr<shared>> {
              auto both = make_traced<shared>();
              co_await lock_crosswise(both->a, both->b);
              co_return both;
            }));
}

TEST_P(LockKernels, AThirdThatWaitsForOneOfThem) {
  EXPECT_EQ("ab ba third", left_by(3, []() -> task<> {
              co_await lock_crosswise(global_a, global_b);
              co_await settled(2);
              go([]() -> task<> {
                stays("third");
                const auto never = co_await global_a.lock();
              });
            }));
}

struct tiny {
  mutex lock;
};

TEST_P(LockKernels, AMutexInASmallStructThatIsLockedTwice) {
  EXPECT_EQ("twice", left_by(1, []() -> task<> {
              go([]() -> task<> {
                const tiny here;
                const auto once = co_await here.lock.lock();
                stays("twice");
                const auto never = co_await here.lock.lock();
              });
              co_return;
            }));
}

TEST_P(LockKernels, AMutexInASharedBlockThatIsLockedTwice) {
  EXPECT_EQ("twice", left_by(1, []() -> task<traced_ptr<tiny>> {
              auto shared = make_traced<tiny>();
              go([shared]() -> task<> {
                const auto once = co_await shared->lock.lock();
                stays("twice");
                const auto never = co_await shared->lock.lock();
              });
              co_return shared;
            }));
}

TEST_P(LockKernels, AMutexWhoseGuardWasAbandoned) {
  EXPECT_EQ("next", left_by(1, []() -> task<> {
              global_a = mutex();
              auto forgotten = co_await global_a.lock();
              forgotten.abandon();
              go([]() -> task<> {
                stays("next");
                const auto never = co_await global_a.lock();
              });
            }));
  global_a = mutex();
}

TEST_P(LockKernels, NobodyWhoWaitsForAGuardOfMains) {
  EXPECT_EQ("", left_by(1, []() -> task<mutex::guard> {
              auto held = co_await global_a.lock();
              go([]() -> task<> {
                stays("next");
                const auto later = co_await global_a.lock();
              });
              co_return held;
            }));
}

TEST_P(LockKernels, NobodyWhoWaitsForAGuardInATracedBlockThatMainHas) {
  struct session {
    mutex::guard held;
  };
  EXPECT_EQ("", left_by(1, []() -> task<traced_ptr<session>> {
              auto kept = make_traced<session>();
              kept->held = co_await global_a.lock();
              go([]() -> task<> {
                stays("next");
                const auto later = co_await global_a.lock();
              });
              co_return kept;
            }));
}

TEST_P(LockKernels, AReaderBehindAWriterThatIsStuck) {
  EXPECT_EQ("reader writer", left_by(2, []() -> task<> {
              const rw_mutex lock;
              go([lock]() -> task<> {
                const auto held = co_await lock.lock();
                stays("writer");
                co_await channel<int>().receive();
              });
              co_await settled(1);
              go([lock]() -> task<> {
                stays("reader");
                const auto never = co_await lock.lock_shared();
              });
            }));
}

TEST_P(LockKernels, AWriterBehindAWriterThatIsStuck) {
  EXPECT_EQ("first second", left_by(2, []() -> task<> {
              const rw_mutex lock;
              go([lock]() -> task<> {
                const auto held = co_await lock.lock();
                stays("first");
                co_await channel<int>().receive();
              });
              co_await settled(1);
              go([lock]() -> task<> {
                stays("second");
                const auto never = co_await lock.lock();
              });
            }));
}

TEST_P(LockKernels, AReaderThatReadsAgainWithAWriterBetween) {
  EXPECT_EQ("reader writer", left_by(2, []() -> task<> {
              const rw_mutex lock;
              go([lock]() -> task<> {
                const auto held = co_await lock.lock_shared();
                go([lock]() -> task<> {
                  stays("writer");
                  const auto never = co_await lock.lock();
                });
                co_await settled(1);
                stays("reader");
                const auto never = co_await lock.lock_shared();
              });
              co_return;
            }));
}

// The writer that is ahead of the reader may be cancelled, and lets the reader in then.
TEST_P(LockKernels, OnlyTheHolderWhenMainCanCancelTheWriterInTheQueue) {
  EXPECT_EQ("holder", left_by(3, []() -> task<cancelable_context> {
              const rw_mutex lock;
              auto stop = with_cancel(background());
              go([lock]() -> task<> {
                const auto held = co_await lock.lock_shared();
                stays("holder");
                co_await channel<int>().receive();
              });
              co_await settled(1);
              go(stop.context(), [lock]() -> task<> {
                stays("writer");
                const auto never = co_await lock.lock();
              });
              co_await settled(2);
              go([lock]() -> task<> {
                stays("reader");
                const auto later = co_await lock.lock_shared();
              });
              co_return stop;
            }));
}

TEST_P(LockKernels, APermitOfASemaphoreThatIsNeverGivenBack) {
  EXPECT_EQ("holder next", left_by(2, []() -> task<> {
              const semaphore permits(2);
              go([permits]() -> task<> {
                const auto held = co_await permits.acquire(2);
                stays("holder");
                co_await channel<int>().receive();
              });
              co_await settled(1);
              go([permits]() -> task<> {
                stays("next");
                const auto never = co_await permits.acquire();
              });
            }));
}

TEST_P(LockKernels, AOnceWhoseBodyIsStuck) {
  EXPECT_EQ("body next", left_by(2, []() -> task<> {
              const once opened;
              go([opened]() -> task<> {
                co_await opened.call([]() -> task<> {
                  stays("body");
                  co_await channel<int>().receive();
                });
              });
              co_await settled(1);
              go([opened]() -> task<> {
                stays("next");
                co_await opened.call([]() -> task<> { co_return; });
              });
            }));
}

LEASH_OVER_WORKERS(LockKernels);

}  // namespace
}  // namespace leash
