#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include <leash/leash.hpp>
#include <leash/testing.hpp>
#include <leash/why.hpp>

#include "support/waits.hpp"

// On virtual time everybody has got as far as possible when main's sleep is over, and what is left of a deadline is exact.

namespace leash {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr runtime_options quiet{.processors = 1, .leaks = leak_policy::off, .virtual_time = true};

channel<int> global(0);

task<> settle() { co_await sleep(10ms); }

template <class Body>
std::string reason_in(Body body) {
  std::string text;
  run([&]() -> task<> { co_await body(text); }, quiet);
  return text;
}

task<> receive_from(receive_channel<int> values, std::shared_ptr<std::uint64_t> id) {
  *id = this_goroutine::id();
  co_await values.receive();
}

std::shared_ptr<std::uint64_t> number() { return std::make_shared<std::uint64_t>(0); }

TEST(Why, SaysNothingOfAGoroutineThatIsNotThere) {
  const std::string text = reason_in([](std::string& into) -> task<> {
    into = why(123456);
    co_return;
  });
  EXPECT_EQ(text, "");
}

TEST(Why, SaysThatTheCallerRuns) {
  const std::string text = reason_in([](std::string& into) -> task<> {
    into = why(this_goroutine::id());
    co_return;
  });
  EXPECT_THAT(text,
              AllOf(HasSubstr("(main) [running] at why_test.cpp:"), HasSubstr("it runs now")));
}

TEST(Why, NamesTheGoroutineWhoseFrameHasTheHandle) {
  const std::string text = reason_in([](std::string& into) -> task<> {
    const channel<int> values;
    const auto id = number();
    go(receive_from, values.receiver(), id);
    co_await settle();
    into = why(*id);
  });
  EXPECT_THAT(text, AllOf(HasSubstr("[chan receive] at why_test.cpp:"),
                          HasSubstr("receive_from: when somebody sends or closes"),
                          HasSubstr("able: goroutine 1 (main) at why_test.cpp:"),
                          Not(HasSubstr("outside"))));
}

TEST(Why, SaysThatASenderWaitsForAReceiveOrAClose) {
  const std::string text = reason_in([](std::string& into) -> task<> {
    const channel<int> values;
    const auto id = number();
    go([values, id]() -> task<> {
      *id = this_goroutine::id();
      co_await values.send(1);
    });
    co_await settle();
    into = why(*id);
  });
  EXPECT_THAT(text, AllOf(HasSubstr("[chan send]"), HasSubstr("when somebody receives or closes")));
}

TEST(Why, NamesTheClosureOfAGoroutineThatHasTheHandle) {
  const std::string text = reason_in([](std::string& into) -> task<> {
    channel<int> values;
    const auto id = number();
    go(receive_from, values.receiver(), id);
    go([values]() -> task<> { co_await sleep(1h); });
    values = channel<int>::nil();
    co_await settle();
    into = why(*id);
  });
  EXPECT_THAT(text, AllOf(HasSubstr("able: goroutine "), Not(HasSubstr("(main)"))));
}

TEST(Why, SaysWhenOnlyAGlobalCanEndTheWaitAndWhatToDo) {
  const std::string text = reason_in([](std::string& into) -> task<> {
    const auto id = number();
    go(receive_from, global.receiver(), id);
    co_await settle();
    into = why(*id);
  });
  EXPECT_THAT(text,
              AllOf(HasSubstr("able: handles outside"),
                    HasSubstr("only handles outside keep it alive"), HasSubstr("traced_ptr")));
}

TEST(Why, FollowsABufferToWhoCanReceiveFromIt) {
  const std::string text = reason_in([](std::string& into) -> task<> {
    const channel<channel<int>> box(1);
    channel<int> values;
    const auto id = number();
    go(receive_from, values.receiver(), id);
    co_await box.send(std::move(values));
    co_await settle();
    into = why(*id);
  });
  EXPECT_THAT(text, HasSubstr("able: the buffer of a channel that can be received from by "
                              "goroutine 1 (main)"));
}

TEST(Why, FollowsATracedBlockToWhoUsesIt) {
  const std::string text = reason_in([](std::string& into) -> task<> {
    const auto box = make_traced<channel<int>>();
    const auto id = number();
    go(receive_from, box->receiver(), id);
    co_await settle();
    into = why(*id);
  });
  EXPECT_THAT(text, HasSubstr("able: a traced block that is used by goroutine 1 (main)"));
}

TEST(Why, NamesWhoBorrowsTheFrameWithTheHandle) {
  const std::string text = reason_in([](std::string& into) -> task<> {
    const auto id = number();
    go([id]() -> task<> {
      *id = this_goroutine::id();
      const channel<int> values;
      go([&values]() -> task<> {
        co_await sleep(1h);
        values.close();
      });
      co_await values.receive();
    });
    co_await settle();
    into = why(*id);
  });
  EXPECT_THAT(text, AllOf(HasSubstr("able: goroutine "), HasSubstr("which borrows it")));
}

TEST(Why, SaysThatAFrameIsLent) {
  const std::string text = reason_in([](std::string& into) -> task<> {
    const auto id = number();
    go([id]() -> task<> {
      *id = this_goroutine::id();
      const channel<int> values;
      const auto borrowed = lend(values);
      co_await values.receive();
    });
    co_await settle();
    into = why(*id);
  });
  EXPECT_THAT(text, HasSubstr("which is lent"));
}

TEST(Why, SaysHowLongASleepStillTakes) {
  const std::string text = reason_in([](std::string& into) -> task<> {
    const auto id = number();
    go([id]() -> task<> {
      *id = this_goroutine::id();
      co_await sleep(1210ms);
    });
    co_await settle();
    into = why(*id);
  });
  EXPECT_THAT(text, AllOf(HasSubstr("[sleep]"), HasSubstr(": in 1.2 s (sleep), then it goes on"),
                          HasSubstr("it is on no leash")));
}

TEST(Why, TellsOfEachCaseOfASelectAndItsTimeOut) {
  const std::string text = reason_in([](std::string& into) -> task<> {
    const channel<int> a;
    const channel<int> b;
    const cancelable_context owner = with_timeout(background(), 5010ms);
    const auto id = number();
    go([a = a.receiver(), b = b.sender(), context = owner.context(), id]() -> task<> {
      *id = this_goroutine::id();
      std::optional<int> got;
      co_await select(on_receive(a, got), on_send(b, 1), on_done(context), on_timeout(20010ms));
    });
    co_await settle();
    into = why(*id);
  });
  EXPECT_THAT(text, AllOf(HasSubstr("in 20.0 s (time-out)"), HasSubstr("sends or closes"),
                          HasSubstr("receives or closes"), HasSubstr("cancels the context"),
                          HasSubstr("in 5.0 s (its deadline)")));
}

TEST(Why, SaysThatATimerSends) {
  const std::string text = reason_in([](std::string& into) -> task<> {
    const auto id = number();
    go([id]() -> task<> {
      *id = this_goroutine::id();
      const auto later = after(1h);
      co_await later.receive();
    });
    co_await settle();
    into = why(*id);
  });
  EXPECT_THAT(text, HasSubstr("or its timer does"));
}

TEST(Why, NamesTheDeadlineAndTheCancellersOfTheLeash) {
  const std::string text = reason_in([](std::string& into) -> task<> {
    const cancelable_context outer = with_timeout(background(), 3210ms);
    const cancelable_context inner = with_cancel(outer.context());
    const channel<int> values;
    const auto id = number();
    go(inner, receive_from, values.receiver(), id);
    co_await settle();
    into = why(*id);
  });
  EXPECT_THAT(text, AllOf(HasSubstr("or when its context ends: in 3.2 s (deadline)"),
                          HasSubstr("able to cancel it: goroutine 1 (main)")));
}

TEST(Why, NamesWhoHoldsTheLock) {
  const std::string text = reason_in([](std::string& into) -> task<> {
    const mutex lock;
    const auto guard = co_await lock.lock();
    const auto id = number();
    go([lock, id]() -> task<> {
      *id = this_goroutine::id();
      const auto second = co_await lock.lock();
    });
    co_await settle();
    into = why(*id);
  });
  EXPECT_THAT(text, AllOf(HasSubstr("[sync.Mutex.Lock]"), HasSubstr("when somebody lets go of it"),
                          HasSubstr("able: goroutine 1 (main)")));
}

TEST(Why, NamesWhoIsWaitedForByAWaitGroup) {
  const std::string text = reason_in([](std::string& into) -> task<> {
    const wait_group all;
    const auto id = number();
    go([token = all.token()]() -> task<> { co_await sleep(1h); });
    go([all, id]() -> task<> {
      *id = this_goroutine::id();
      co_await all.wait();
    });
    co_await settle();
    into = why(*id);
  });
  EXPECT_THAT(text, AllOf(HasSubstr("[sync.WaitGroup.Wait]"), HasSubstr("notifies, or is done"),
                          HasSubstr("able: goroutine")));
}

TEST(Why, NamesTheGoroutineThatIsJoined) {
  const std::string text = reason_in([](std::string& into) -> task<> {
    const auto joined = number();
    const auto id = number();
    join_handle<> handle = spawn([joined]() -> task<> {
      *joined = this_goroutine::id();
      co_await sleep(1h);
    });
    go([handle = std::move(handle), id]() mutable -> task<> {
      *id = this_goroutine::id();
      co_await std::move(handle);
    });
    co_await settle();
    into = why(*id);
    EXPECT_THAT(into, HasSubstr("when what it waits for has ended: goroutine " +
                                std::to_string(*joined) + " at why_test.cpp:"));
  });
  EXPECT_THAT(text, HasSubstr("[goroutine join]"));
}

TEST(Why, SaysNeverOfWhatIsProvenAndWhatCuresIt) {
  const std::string text = reason_in([](std::string& into) -> task<> {
    const auto id = number();
    go(receive_from, channel<int>().receiver(), id);
    co_await settle();
    into = why(*id);
  });
  EXPECT_THAT(text, AllOf(HasSubstr("never: it is proven to be leaked"),
                          HasSubstr("nobody else is left who could send or close"),
                          HasSubstr("to cure it: ")));
}

TEST(Why, NamesTheOthersThatAreLeakedWithIt) {
  const std::string text = reason_in([](std::string& into) -> task<> {
    const auto id = number();
    channel<int> a;
    channel<int> b;
    go([a = a.receiver(), b, id]() -> task<> {
      *id = this_goroutine::id();
      co_await a.receive();
      co_await b.send(1);
    });
    go([b = b.receiver(), a]() -> task<> {
      co_await b.receive();
      co_await a.send(1);
    });
    a = b = channel<int>::nil();
    co_await settle();
    into = why(*id);
  });
  EXPECT_THAT(text, HasSubstr("only these could send or close, and they can never run again "
                              "either: goroutine "));
}

TEST(Why, SaysThatWhatWaitsForNothingNeverGoesOn) {
  const std::string text = reason_in([](std::string& into) -> task<> {
    const auto id = number();
    go([id]() -> task<> {
      *id = this_goroutine::id();
      co_await channel<int>::nil().receive();
    });
    co_await settle();
    into = why(*id);
  });
  EXPECT_THAT(text, AllOf(HasSubstr("never"), HasSubstr("nothing that could happen")));
}

TEST(Why, ListsAHandfulAndSaysHowManyMore) {
  const std::string text = reason_in([](std::string& into) -> task<> {
    const channel<int> values;
    const auto id = number();
    go(receive_from, values.receiver(), id);
    for (int i = 0; i < 20; ++i) go([values]() -> task<> { co_await sleep(1h); });
    co_await settle();
    into = why(*id);
  });
  EXPECT_THAT(text, HasSubstr("; and 16 more"));
}

TEST(Why, LeavesOutThoseThatWaitForTheSame) {
  const std::string text = reason_in([](std::string& into) -> task<> {
    const channel<int> values;
    const auto id = number();
    for (int i = 0; i < 3; ++i)
      go([values, id]() -> task<> {
        *id = this_goroutine::id();
        co_await values.receive();
      });
    co_await settle();
    into = why(*id);
  });
  EXPECT_THAT(text, AllOf(HasSubstr("able: goroutine 1 (main)"),
                          HasSubstr("2 goroutines could too, but wait for the same")));
}

TEST(WhyText, PutsThoseAlikeTogetherTheMostFirst) {
  const std::string text = reason_in([](std::string& into) -> task<> {
    const channel<int> values;
    const auto id = number();
    go([]() -> task<> { co_await sleep(1h); });
    for (int i = 0; i < 3; ++i) go(receive_from, values.receiver(), id);
    co_await settle();
    why_text all;
    while (all.next(into)) continue;
  });
  EXPECT_TRUE(text.starts_with("3 goroutines as this one:\ngoroutine ")) << text;
  EXPECT_THAT(text, AllOf(HasSubstr("[sleep]"), HasSubstr("(main) [running]")));
}

TEST(WhyText, TellsLeakedOnesFromOthersAtTheSamePlace) {
  const std::string text = reason_in([](std::string& into) -> task<> {
    const channel<int> values;
    const auto id = number();
    for (int i = 0; i < 2; ++i)
      go(receive_from, i == 0 ? values.receiver() : channel<int>().receiver(), id);
    co_await settle();
    why_text all;
    while (all.next(into)) continue;
  });
  EXPECT_THAT(text, AllOf(HasSubstr("never"), HasSubstr("when somebody sends or closes"),
                          Not(HasSubstr("as this one"))));
}

}  // namespace
}  // namespace leash
