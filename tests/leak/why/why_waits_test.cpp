#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <leash/leash.hpp>
#include <leash/testing.hpp>
#include <leash/why.hpp>

#include "support/waits.hpp"

// What is said of each kind of wait. Of those that have nothing special the words alone are looked at.

namespace leash {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr runtime_options on_virtual_time{
    .processors = 1, .leaks = leak_policy::off, .virtual_time = true};

using number_of_waiter = std::shared_ptr<std::uint64_t>;

// What is said, when all others have got as far as they can, of the goroutine that has written its number.
task<std::string> why_it_waits(number_of_waiter id) {
  co_await sleep(10ms);
  co_return why(*id);
}

template <class Body>
std::string said_of_a_waiter(Body body) {
  return run([&]() -> task<std::string> { return body(std::make_shared<std::uint64_t>(0)); },
             on_virtual_time);
}

TEST(WhyWaits, ACondIsNotified) {
  EXPECT_THAT(said_of_a_waiter([](number_of_waiter id) -> task<std::string> {
                const mutex lock;
                const cond changed(lock);
                go([lock, changed, id]() -> task<> {
                  *id = this_goroutine::id();
                  auto guard = co_await lock.lock();
                  co_await changed.wait(guard);
                });
                co_return co_await why_it_waits(id);
              }),
              AllOf(HasSubstr("[sync.Cond.Wait]"), HasSubstr("when somebody notifies"),
                    HasSubstr("able: goroutine 1 (main)")));
}

TEST(WhyWaits, AReaderWaitsForTheWriter) {
  EXPECT_THAT(said_of_a_waiter([](number_of_waiter id) -> task<std::string> {
                const rw_mutex lock;
                const auto guard = co_await lock.lock();
                go([lock, id]() -> task<> {
                  *id = this_goroutine::id();
                  const auto second = co_await lock.lock_shared();
                });
                co_return co_await why_it_waits(id);
              }),
              AllOf(HasSubstr("[sync.RWMutex.RLock]"), HasSubstr("lets go of it"),
                    HasSubstr("able: goroutine 1 (main)")));
}

TEST(WhyWaits, AReaderBehindAWriterWaitsForItToLeaveToo) {
  EXPECT_THAT(said_of_a_waiter([](number_of_waiter id) -> task<std::string> {
                const rw_mutex lock;
                const auto guard = co_await lock.lock_shared();
                go([lock]() -> task<> { const auto second = co_await lock.lock(); });
                go([lock, id]() -> task<> {
                  *id = this_goroutine::id();
                  const auto third = co_await lock.lock_shared();
                });
                co_return co_await why_it_waits(id);
              }),
              AllOf(HasSubstr("or leaves the queue"), HasSubstr("able: goroutine 1 (main)")));
}

TEST(WhyWaits, ASemaphoreWaitsForAPermit) {
  EXPECT_THAT(said_of_a_waiter([](number_of_waiter id) -> task<std::string> {
                const semaphore room(1);
                const auto permit = co_await room.acquire();
                go([room, id]() -> task<> {
                  *id = this_goroutine::id();
                  const auto second = co_await room.acquire();
                });
                co_return co_await why_it_waits(id);
              }),
              AllOf(HasSubstr("[semacquire]"), HasSubstr("lets go of it"),
                    HasSubstr("able: goroutine 1 (main)")));
}

TEST(WhyWaits, AScopeWaitsForItsGoroutines) {
  EXPECT_THAT(said_of_a_waiter([](number_of_waiter id) -> task<std::string> {
                go([id]() -> task<> {
                  *id = this_goroutine::id();
                  co_await with_scope([](scope& children) -> task<> {
                    children.go([]() -> task<> { co_await sleep(1h); });
                    co_return;
                  });
                });
                co_return co_await why_it_waits(id);
              }),
              AllOf(HasSubstr("[scope join]"), HasSubstr("when what it waits for has ended: "),
                    HasSubstr("goroutine ")));
}

TEST(WhyWaits, AContextEndsByItsOwnerOrItsDeadline) {
  EXPECT_THAT(said_of_a_waiter([](number_of_waiter id) -> task<std::string> {
                const cancelable_context owner = with_timeout(background(), 90010ms);
                go([context = owner.context(), id]() -> task<> {
                  *id = this_goroutine::id();
                  co_await context.done();
                });
                co_return co_await why_it_waits(id);
              }),
              AllOf(HasSubstr("[context done]"), HasSubstr("when somebody cancels the context"),
                    HasSubstr("in 1 min 30 s (its deadline)"), HasSubstr("goroutine 1 (main)")));
}

TEST(WhyWaits, AParentsCancelEndsAChildContext) {
  EXPECT_THAT(said_of_a_waiter([](number_of_waiter id) -> task<std::string> {
                const cancelable_context outer = with_cancel(background());
                go([outer = outer.context(), id]() -> task<> {
                  *id = this_goroutine::id();
                  const cancelable_context inner = with_cancel(outer);
                  co_await inner.context().done();
                });
                co_return co_await why_it_waits(id);
              }),
              HasSubstr("able: goroutine 1 (main)"));
}

TEST(WhyWaits, AShieldKeepsTheLeashOff) {
  EXPECT_THAT(
      said_of_a_waiter([](number_of_waiter id) -> task<std::string> {
        const cancelable_context owner = with_cancel(background());
        const channel<int> values;
        go(owner, [values, id]() -> task<> {
          *id = this_goroutine::id();
          co_await shield([](channel<int> from) -> task<> { co_await from.receive(); }(values));
        });
        std::string said = co_await why_it_waits(id);
        values.close();
        co_return said;
      }),
      AllOf(HasSubstr("[chan receive]"), Not(HasSubstr("its context"))));
}

TEST(WhyWaits, ASelectOfMoreCasesThanAreToldOfSaysSo) {
  EXPECT_THAT(said_of_a_waiter([](number_of_waiter id) -> task<std::string> {
                std::vector<channel<int>> many(80);
                go([many, id]() -> task<> {
                  *id = this_goroutine::id();
                  selector any;
                  for (const channel<int>& each : many) any.add(on_receive(each, [](auto) {}));
                  co_await any.wait();
                });
                co_return co_await why_it_waits(id);
              }),
              AllOf(HasSubstr("when somebody sends or closes (one of 64)"),
                    HasSubstr("or one of more cases")));
}

TEST(WhyWaits, MainIsSaidToBeMainByOthers) {
  std::string said;
  run(
      [&]() -> task<> {
        const std::uint64_t main = this_goroutine::id();
        go([&said, main]() -> task<> {
          co_await sleep(10ms);
          said = why(main);
        });
        co_await select(on_timeout(20ms));
      },
      on_virtual_time);
  EXPECT_THAT(said, AllOf(HasSubstr("(main) [select]"), HasSubstr("in 10 ms (time-out)")));
}

TEST(WhyWaits, ABlockingCallReturns) {
  std::atomic<bool> over{false};
  std::string said;
  run(
      [&]() -> task<> {
        testing::record who{};
        go([&]() -> task<> {
          who = testing::this_record();
          co_await blocking([&over] { over.wait(false); });
        });
        co_await testing::until_waits(who, detail::wait_reason::blocking);
        said = why(who.load()->id.load());
        over = true;
        over.notify_all();
        co_await testing::until_alone();
      },
      {.processors = 1, .leaks = leak_policy::off});
  EXPECT_THAT(said,
              AllOf(HasSubstr("[blocking]"), HasSubstr("when the blocking call has returned")));
}

}  // namespace
}  // namespace leash
