// Who can still be woken, found by following pointers. Each live shape is one that the lists of handles do not see through:
// whatever else is found, of these nobody is said to be leaked.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <leash/leash.hpp>

#include "leak/proof/prove_all.hpp"
#include "support/proven.hpp"
#include "support/workers.hpp"

namespace leash {
namespace {

using testing::until;

class Reach : public testing::ProvenOverWorkers {
 protected:
  // What is proven, as names.
  static std::string reached() { return proven(); }
};
LEASH_OVER_WORKERS(Reach);

struct holder {
  channel<int>& out;
};

TEST_P(Reach, NobodyWhomABorrowedStructLeadsTo) {
  std::string found = "?";
  int got = 0;
  run([&]() -> task<> {
    const channel<int> go_on;
    co_await [](channel<int> out, std::string& found, const channel<int>& go_on) -> task<> {
      holder held{out};
      go([&held, &go_on]() -> task<> {
        co_await go_on.receive();
        co_await held.out.send(7);
      });
      go([&found, go_on]() -> task<> {
        co_await settled(1);
        found = reached();
        co_await go_on.send(0);
      });
      stays("borrowed from");
      EXPECT_EQ(co_await out.receive(), 7);
      co_await testing::until([] { return num_goroutines() == 1; });
    }(channel<int>(), found, go_on);
    got = 1;
  });
  EXPECT_EQ(found, "");
  EXPECT_EQ(got, 1);
}

TEST_P(Reach, NobodyWhomAFunctionWithThreeReferencesLeadsTo) {
  std::string found = "?";
  run([&]() -> task<> {
    channel<int> out;
    int a = 1;
    int b = 2;
    const channel<std::function<task<>()>> jobs(1);
    co_await jobs.send([&out, &a, &b]() -> task<> { co_await out.send(a + b); });
    const channel<int> go_on;
    go([jobs, go_on]() -> task<> {
      co_await go_on.receive();
      const auto job = co_await jobs.receive();
      co_await (*job)();
    });
    go([&found, go_on]() -> task<> {
      co_await settled(1);
      found = reached();
      co_await go_on.send(0);
    });
    stays("main");
    EXPECT_EQ(co_await out.receive(), 3);
    co_await until([] { return num_goroutines() == 1; });
  });
  EXPECT_EQ(found, "");
}

TEST_P(Reach, NobodyWhomATaskInAQueueLeadsTo) {
  std::string found = "?";
  run([&]() -> task<> {
    const channel<int> out;
    const channel<task<>> jobs(1);
    co_await jobs.send([](channel<int> to) -> task<> { co_await to.send(1); }(out));
    const channel<int> go_on;
    go([jobs, go_on]() -> task<> {
      co_await go_on.receive();
      co_await std::move(*co_await jobs.receive());
    });
    go([&found, go_on]() -> task<> {
      co_await settled(1);
      found = reached();
      co_await go_on.send(0);
    });
    stays("main");
    EXPECT_EQ(co_await out.receive(), 1);
    co_await until([] { return num_goroutines() == 1; });
  });
  EXPECT_EQ(found, "");
}

TEST_P(Reach, NobodyWhomWhatAGoroutineReturnsLeadsTo) {
  std::string found = "?";
  run([&]() -> task<> {
    const channel<int> answers;
    auto made = spawn([answers]() -> task<send_channel<int>> { co_return answers.sender(); });
    co_await until([&] { return made.has_ended(); });
    go([&found, made = std::move(made)]() mutable -> task<> {
      co_await settled(1);
      found = reached();
      const send_channel<int> to = co_await std::move(made).join();
      co_await to.send(1);
    });
    const receive_channel<int> from = answers.receiver();
    stays("main");
    EXPECT_EQ(co_await from.receive(), 1);
  });
  EXPECT_EQ(found, "");
}

TEST_P(Reach, NobodyWhomAnOperationThatIsKeptCanHelp) {
  std::string found = "?";
  run([&]() -> task<> {
    const channel<int> answers;
    const channel<int> go_on;
    go([answers, go_on]() -> task<> {
      auto kept = answers.send(5);
      co_await go_on.receive();
      co_await std::move(kept);
    });
    go([&found, go_on]() -> task<> {
      co_await settled(1);
      found = reached();
      co_await go_on.send(0);
    });
    stays("main");
    EXPECT_EQ(co_await answers.receive(), 5);
    co_await until([] { return num_goroutines() == 1; });
  });
  EXPECT_EQ(found, "");
}

TEST_P(Reach, NobodyWhomTheLastReferenceToAQueueWakes) {
  std::string found = "?";
  run([&]() -> task<> {
    wait_group all;
    {
      channel<wait_group_token> kept(1);
      co_await kept.send(all.token());
      go([&found, kept = std::optional(std::move(kept))]() mutable -> task<> {
        co_await settled(1);
        found = reached();
        kept.reset();
      });
    }
    stays("main");
    co_await all.wait();
  });
  EXPECT_EQ(found, "");
}

TEST_P(Reach, NobodyWhomTheHeapLeadsTo) {
  std::string found = "?";
  run([&]() -> task<> {
    const auto shared = std::make_shared<channel<int>>();
    go([&found, shared]() -> task<> {
      co_await settled(1);
      found = reached();
      co_await shared->send(1);
    });
    stays("main");
    EXPECT_EQ(co_await shared->receive(), 1);
  });
  EXPECT_EQ(found, "");
}

TEST_P(Reach, WhoWaitsForTimeIsNot) {
  std::string found = "?";
  run([&]() -> task<> {
    const channel<int> nobody_sends;
    go([nobody_sends]() -> task<> {
      bool over = false;
      std::optional<int> got;
      stays("timed");
      over = co_await select(on_receive(nobody_sends, got), on_timeout(std::chrono::hours(1))) == 1;
      EXPECT_TRUE(over);
    });
    co_await settled(1);
    found = reached();
  });
  EXPECT_EQ(found, "");
}

}  // namespace
}  // namespace leash
