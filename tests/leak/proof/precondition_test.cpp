// What C++ programs do with handles: captures by reference, pointers, containers, threads, callbacks. What pointers lead to from
// where the program runs is not proven; a pointer that is hidden is noticed when it is used.
#include <gtest/gtest.h>

#include <any>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include <leash/leaks.hpp>

#include "leak/report/leak_board.hpp"
#include "support/proven.hpp"

namespace leash {
namespace {

using namespace std::chrono_literals;

class Preconditions : public testing::ProvenOverWorkers {
 protected:
  // Tells of what is proven now, as the patrol does; a goroutine that runs on is counted then.
  static void announce() { detail::announce_leaks(detail::prove_all(), nullptr); }
};

// A receiver that keeps the only sender in `Place`, in its own frame: nobody else can get at it.
template <class Place>
task<> keeps_in_its_frame() {
  auto [sender, receiver] = make_channel<int>();
  Place place;
  if constexpr (requires { place.emplace_back(sender); })
    place.emplace_back(std::move(sender));
  else
    place = std::move(sender);
  testing::ProvenOverWorkers::stays("receiver");
  co_await receiver.receive();
}

TEST_P(Preconditions, AHandleInAnOptionalOrAVariantLiesInTheFrame) {
  EXPECT_EQ("receiver", left_by(1, []() -> task<> {
              go(keeps_in_its_frame<std::optional<send_channel<int>>>);
              co_return;
            }));
  EXPECT_EQ("receiver", left_by(1, []() -> task<> {
              go(keeps_in_its_frame<std::variant<std::monostate, send_channel<int>>>);
              co_return;
            }));
}

// The heap is outside: the program can be using what lies there.
TEST_P(Preconditions, AHandleInAVectorAnAnyOrAFunctionLiesOutside) {
  EXPECT_EQ("", left_by(1, []() -> task<> {
              go(keeps_in_its_frame<std::vector<send_channel<int>>>);
              co_return;
            }));
  EXPECT_EQ("", left_by(1, []() -> task<> {
              go(keeps_in_its_frame<std::any>);
              co_return;
            }));
  EXPECT_EQ("", left_by(1, []() -> task<> {
              go([]() -> task<> {
                auto [sender, receiver] = make_channel<int>();
                const std::function<op_status()> send = [sender = std::move(sender)] {
                  return sender.try_send(1);
                };
                stays("receiver");
                co_await receiver.receive();
              });
              co_return;
            }));
}

TEST_P(Preconditions, AVectorWithATracedAllocatorIsSeenThrough) {
  using handles = std::vector<send_channel<int>, traced_allocator<send_channel<int>>>;
  EXPECT_EQ("receiver", left_by(1, []() -> task<> {
              go(keeps_in_its_frame<handles>);
              co_return;
            }));
}

// Written so that the compiler cannot put the task's frame into its caller's.
[[gnu::noinline]] task<> send_later(send_channel<int> out) { co_await out.send(1); }

TEST_P(Preconditions, ATaskThatNobodyAwaitsYetBelongsToWhoHasIt) {
  EXPECT_EQ("receiver", left_by(1, []() -> task<> {
              go([]() -> task<> {
                auto [sender, receiver] = make_channel<int>();
                const task<> later = send_later(std::move(sender));
                stays("receiver");
                co_await receiver.receive();
              });
              co_return;
            }));
}

TEST_P(Preconditions, ATaskThatWasHandedOnHelpsWhoWaitsForItsHandles) {
  EXPECT_EQ("", left_by(2, []() -> task<> {
              go([]() -> task<> {
                auto [sender, receiver] = make_channel<int>();
                go([later = send_later(std::move(sender))]() mutable -> task<> {
                  stays("sleeper");
                  co_await sleep(1h);
                  co_await std::move(later);
                });
                stays("receiver");
                co_await receiver.receive();
              });
              co_return;
            }));
}

struct server {
  channel<int> requests;
  mutex lock;
};

TEST_P(Preconditions, WhoWasStartedWithAReferenceBorrows) {
  EXPECT_EQ("", left_by(2, []() -> task<> {
              go([]() -> task<> {
                const server here;
                go(
                    [](const server& borrowed) -> task<> {
                      stays("sleeper");
                      co_await sleep(1h);
                      co_await borrowed.requests.send(1);
                    },
                    std::cref(here));
                stays("server");
                co_await here.requests.receive();
              });
              co_return;
            }));
}

TEST_P(Preconditions, ABorrowByWhoIsLeakedHelpsNobody) {
  EXPECT_EQ("borrower server", left_by(2, []() -> task<> {
              go([]() -> task<> {
                const server here;
                go([&here]() -> task<> {
                  stays("borrower");
                  co_await channel<int>().receive();
                  co_await here.requests.send(1);
                });
                stays("server");
                co_await here.requests.receive();
              });
              co_return;
            }));
}

TEST_P(Preconditions, AMutexInABorrowedStructIsFoundWhereItLies) {
  EXPECT_EQ("", left_by(2, []() -> task<> {
              go([]() -> task<> {
                const server here;
                mutex::guard held = co_await here.lock.lock();
                go([&held]() -> task<> {
                  stays("sleeper");
                  co_await sleep(1h);
                  held.unlock();
                });
                stays("twice");
                const auto later = co_await here.lock.lock();
              });
              co_return;
            }));
}

struct request {
  int question = 0;
  channel<int> answer;
};

TEST_P(Preconditions, APointerThatIsSentIsFollowed) {
  EXPECT_EQ("", left_by(2, []() -> task<> {
              const channel<request*> requests;
              go([requests]() -> task<> {
                const auto got = co_await requests.receive();
                stays("server");
                co_await sleep(1h);
                co_await (*got)->answer.send(1);
              });
              go([requests]() -> task<> {
                request mine;
                co_await requests.send(&mine);
                stays("client");
                co_await mine.answer.receive();
              });
              co_return;
            }));
}

TEST_P(Preconditions, AWeakPointerThatCanBeRevivedCounts) {
  EXPECT_EQ("", left_by(1, []() -> task<weak_traced_ptr<server>> {
              auto shared = make_traced<server>();
              weak_traced_ptr<server> weak = shared;
              go([shared = std::move(shared)]() -> task<> {
                stays("server");
                co_await shared->requests.receive();
              });
              co_return weak;
            }));
}

TEST_P(Preconditions, AWeakPointerInALeakedFrameDoesNotCount) {
  EXPECT_EQ("server", left_by(1, []() -> task<> {
              auto shared = make_traced<server>();
              go([shared]() -> task<> {
                const weak_traced_ptr<server> weak = shared;
                stays("server");
                co_await shared->requests.receive();
              });
              co_return;
            }));
}

TEST_P(Preconditions, BlocksInACircleKeepNobodyLive) {
  struct node {
    channel<int> values;
    traced_ptr<node> next;
  };
  EXPECT_EQ("receiver", left_by(1, []() -> task<> {
              auto one = make_traced<node>();
              auto two = make_traced<node>();
              one->next = two;
              two->next = one;
              go([values = two->values.receiver(), one, two]() mutable -> task<> {
                stays("receiver");
                two.reset();
                one.reset();
                co_await values.receive();
              });
              co_return;
            }));
}

TEST_P(Preconditions, WhatIsLentIsTakenForLive) {
  std::string lent;
  std::string after;
  run([&]() -> task<> {
    std::optional<leash::lend> borrowed;
    go([&borrowed]() -> task<> {
      const server here;
      borrowed.emplace(here);
      stays("server");
      co_await here.requests.receive();
    });
    co_await settled(1);
    lent = proven();
    borrowed.reset();
    after = proven();
  });
  EXPECT_EQ("", lent);
  EXPECT_EQ("server", after);
}

// A pointer to a handle in a frame that is kept in a global, as it is or so that it does not look like one.
std::atomic<const channel<int>*> stray{nullptr};
std::atomic<std::uintptr_t> hidden{0};
std::atomic<bool> ran_on{false};

task<> waits_with_a_stray_pointer() {
  const channel<int> answers;
  stray = &answers;
  testing::ProvenOverWorkers::stays("waiter");
  co_await answers.receive();
  ran_on = true;
}

[[gnu::noinline]] void hide(const channel<int>& known) {
  hidden = ~reinterpret_cast<std::uintptr_t>(&known);
}

task<> waits_with_a_hidden_pointer() {
  const channel<int> answers;
  hide(answers);
  testing::ProvenOverWorkers::stays("waiter");
  co_await answers.receive();
  ran_on = true;
}

TEST_P(Preconditions, APointerInAGlobalIsFollowed) {
  std::string found = "?";
  ran_on = false;
  const leak_statistics before = count_leaks();
  run([&]() -> task<> {
    go(waits_with_a_stray_pointer);
    co_await settled(1);
    found = proven();
    announce();
    std::thread([] { stray.load()->send_blocking(1); }).join();
    co_await testing::until([] { return ran_on.load(); });
  });
  stray = nullptr;
  const leak_statistics after = count_leaks();
  EXPECT_EQ("", found);
  EXPECT_EQ(after.announced, before.announced);
  EXPECT_EQ(after.refuted, before.refuted);
}

// As an event loop keeps them: functions on the heap with references into frames.
TEST_P(Preconditions, ACallbackWithAReferenceIsFollowed) {
  std::string found = "?";
  ran_on = false;
  const leak_statistics before = count_leaks();
  run([&]() -> task<> {
    static std::function<void()> callback;
    go([]() -> task<> {
      const channel<int> answers(1);
      callback = [&answers] { (void)answers.try_send(1); };
      stays("waiter");
      co_await answers.receive();
      ran_on = true;
    });
    co_await settled(1);
    found = proven();
    std::thread(callback).join();
    // One that is empty would keep what is in there.
    callback = [nothing = std::uintptr_t{0}] { (void)nothing; };
    co_await testing::until([] { return ran_on.load(); });
  });
  EXPECT_EQ("", found);
  EXPECT_EQ(count_leaks().refuted, before.refuted);
}

// Assumption A1: a pointer that is hidden is not seen. Whom it wakes runs on, and is counted.
TEST_P(Preconditions, WhoWasProvenAndRunsIsCounted) {
  std::string found;
  ran_on = false;
  const leak_statistics before = count_leaks();
  run([&]() -> task<> {
    go(waits_with_a_hidden_pointer);
    co_await settled(1);
    found = proven();
    announce();
    co_await reinterpret_cast<const channel<int>*>(~hidden.load())->send(1);
    co_await testing::until([] { return ran_on.load(); });
  });
  const leak_statistics after = count_leaks();
  EXPECT_EQ("waiter", found);
  EXPECT_EQ(after.announced - before.announced, 1u);
  EXPECT_EQ(after.refuted - before.refuted, 1u);
}

TEST_P(Preconditions, ALentThreadIsNoticedNowhere) {
  std::string found;
  const leak_statistics before = count_leaks();
  run([&]() -> task<> {
    std::thread user;
    std::atomic<bool> looked{false};
    go([&user, &looked]() -> task<> {
      const channel<int> answers;
      user = std::thread([&answers, &looked, lent = leash::lend(answers)] {
        while (!looked) std::this_thread::yield();
        answers.send_blocking(1);
      });
      stays("waiter");
      co_await answers.receive();
    });
    co_await settled(1);
    found = proven();
    looked = true;
    co_await testing::until_alone();
    user.join();
  });
  EXPECT_EQ("", found);
  EXPECT_EQ(count_leaks().exposed_by_use, before.exposed_by_use);
}

LEASH_OVER_WORKERS(Preconditions);

}  // namespace
}  // namespace leash
