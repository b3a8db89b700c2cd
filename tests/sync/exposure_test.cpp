#include <algorithm>
#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "support/workers.hpp"

#include <leash/detail/base/exposure.hpp>
#include <leash/detail/base/sanitizer.hpp>
#include <leash/leash.hpp>

// Which frames the proof of a leak may not judge, because somebody who is not recorded can use them.

namespace {

using namespace leash;
using namespace leash::detail;
using namespace std::chrono_literals;
using leash::testing::until;
using leash::testing::until_alone;

class Exposure : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(Exposure);

bool exposed(const void* place) { return is_exposed(*find_block(place)); }

// Runs a main that uses something foreign.
template <class F>
void run_foreign_use(F main) {
  leash::run(main, {.processors = 1, .leaks = leak_policy::off});
}

struct request {
  channel<int> reply;
};

TEST_P(Exposure, APointerThatIsBufferedExposesItsFrame) {
  run([]() -> task<> {
    request mine;
    const channel<request*> requests(1);
    const std::uint32_t version = find_block(&mine)->version;
    EXPECT_FALSE(exposed(&mine));
    co_await requests.send(&mine);
    EXPECT_TRUE(exposed(&mine));
    EXPECT_GT(find_block(&mine)->version, version);
  });
}

TEST_P(Exposure, APointerThatIsHandedOverExposesItsFrame) {
  run([]() -> task<> {
    request mine;
    const channel<std::pair<int, request*>> requests;
    go(
        [](receive_channel<std::pair<int, request*>> from) -> task<> {
          co_await (*co_await from.receive()).second->reply.send(7);
        },
        requests.receiver());
    co_await requests.send({1, &mine});
    EXPECT_TRUE(exposed(&mine));
    EXPECT_EQ(co_await mine.reply.receive(), 7);
    co_await until_alone();
  });
}

TEST(ExposureByAWait, HappensWhenTheValueIsTaken) {
  leash::run(
      []() -> task<> {
        const channel<void*> out;
        std::atomic<void*> place{nullptr};
        go([&place, out]() -> task<> {
          int mine = 0;
          place = &mine;
          co_await out.send(&mine);
          EXPECT_EQ(mine, 0);
        });
        co_await until([&] { return place != nullptr; });
        co_await this_goroutine::yield();
        EXPECT_FALSE(exposed(place));
        std::optional<void*> taken;
        EXPECT_EQ(out.try_receive(taken), op_status::success);
        EXPECT_TRUE(exposed(place));
        co_await until_alone();
      },
      {.processors = 1, .leaks = leak_policy::off});
}

TEST_P(Exposure, APointerThatASelectSendsExposesItsFrame) {
  run([]() -> task<> {
    request mine;
    const channel<request*> full(1);
    const channel<request*> open(1);
    co_await full.send(nullptr);
    EXPECT_EQ(co_await select(on_send(full, &mine), otherwise()), 1u);
    EXPECT_FALSE(exposed(&mine)) << "a case that is not chosen has no effect";
    EXPECT_EQ(co_await select(on_send(full, &mine), on_send(open, &mine)), 1u);
    EXPECT_TRUE(exposed(&mine));
  });
}

// A string of fifteen letters fills its own place: the unused words of others may hold an address of anything.
TEST_P(Exposure, ValuesAndHandlesExposeNothing) {
  const exposures before = count_exposures();
  run([]() -> task<> {
    const std::string filling("fifteen letters");
    const channel<std::string> words(1);
    const channel<channel<int>> channels(1);
    const channel<std::vector<int>> lists(1);
    co_await words.send(filling);
    co_await channels.send(channel<int>());
    co_await lists.send({1, 2, 3});
    EXPECT_EQ(co_await words.receive(), filling);
    EXPECT_FALSE(exposed(&words));
  });
  EXPECT_EQ(count_exposures().sent, before.sent);
}

// Such a callable runs where it is given to go(): what it has captured is used there.
TEST_P(Exposure, ACallableThatIsNoCoroutineMayUseWhatItHasCaptured) {
  const exposures before = count_exposures();
  run([]() -> task<> {
    const channel<int> values(4);
    const auto put = [](channel<int> into, int value) -> task<> { co_await into.send(value); };
    go([values, put] { return put(values, 1); });
    go([put](const channel<int>& given) { return put(given, 2); }, values);
    co_await spawn([values, put] { return put(values, 3); });
    co_await with_scope([&](scope& s) -> task<> {
      s.go([values, put] { return put(values, 4); });
      co_return;
    });
    int sum = 0;
    for (int i = 0; i < 4; ++i) sum += *co_await values.receive();
    EXPECT_EQ(sum, 10);
  });
  EXPECT_EQ(count_exposures().foreign, before.foreign);
}

TEST_P(Exposure, BorrowersAndThoseWhoAreWaitedForUseWhatTheyMay) {
  const exposures before = count_exposures();
  run([]() -> task<> {
    channel<int> values(100);
    cancelable_context owner = with_cancel(background());
    const auto use = [](const channel<int>& given) -> task<int> {
      co_await given.send(1);
      const channel<int> copy(given);  // NOLINT(performance-unnecessary-copy-initialization)
      co_return static_cast<int>(copy.try_send(2) == op_status::success);
    };
    co_await use(values);
    go([&]() -> task<> {
      co_await use(values);
      go([&]() -> task<> { co_await use(values); });
      owner.cancel();
    });
    co_await until_alone();
    co_await race(use(values), use(values));
    co_await race({.hedge_delay = 1ms}, [&] {
      std::vector<task<int>> tasks;
      tasks.push_back(use(values));
      tasks.push_back(use(values));
      return tasks;
    }());
    co_await timeout(1h, use(values));
    co_await with_scope([&](scope& s) -> task<> {
      s.go([&]() -> task<> {
        co_await race(use(values), use(values));
        co_await with_scope([&](scope& inner) -> task<> {
          inner.go([&]() -> task<> { co_await use(values); });
          co_return;
        });
      });
      co_return;
    });
    EXPECT_FALSE(exposed(&values));
  });
  EXPECT_EQ(count_exposures().foreign, before.foreign);
}

// What a goroutine has borrowed, those use that it waits for: what it captured may be passed on to them.
TEST_P(Exposure, ThoseWhoAreWaitedForUseWhatTheirWaiterBorrows) {
  const exposures before = count_exposures();
  run([]() -> task<> {
    const channel<int> values(10);
    go([&values]() -> task<> {
      const auto use = [&values]() -> task<> { co_await values.send(1); };
      co_await timeout(1h, use());
      co_await with_scope([&](scope& s) -> task<> {
        s.go([&use]() -> task<> { co_await timeout(1h, use()); });
        co_return;
      });
    });
    co_await until_alone();
    EXPECT_EQ(values.size(), 2u);
    EXPECT_FALSE(exposed(&values));
  });
  EXPECT_EQ(count_exposures().foreign, before.foreign);
}

TEST(ExposureByUse, OfAChannelInAnothersFrameIsCountedOnce) {
  run_foreign_use([]() -> task<> {
    const exposures before = count_exposures();
    static std::atomic<const channel<int>*> smuggled{nullptr};
    const channel<int> mine(3);
    smuggled = &mine;
    go([]() -> task<> {
      co_await smuggled.load()->send(1);
      co_await smuggled.load()->send(2);
    });
    EXPECT_FALSE(exposed(&mine));
    co_await until_alone();
    EXPECT_TRUE(exposed(&mine));
    EXPECT_EQ(mine.size(), 2u);
    EXPECT_EQ(count_exposures().foreign, before.foreign + 1);
  });
}

template <class Use>
void expect_exposed_by(Use use_it) {
  run_foreign_use([use_it]() -> task<> {
    struct things {
      channel<int> values{4};
      cancelable_context owner = with_cancel(background());
      mutex lock;
      mutable mutex::guard held = lock.try_lock();
      cond changed{lock};
      mutable semaphore::permit permit = semaphore(1).try_acquire();
    };
    static std::atomic<const things*> smuggled{nullptr};
    const things mine;
    smuggled = &mine;
    go([](Use use_it) -> task<> { co_await use_it(*smuggled.load()); }, use_it);
    co_await until_alone();
    EXPECT_TRUE(exposed(&mine));
  });
}

TEST(ExposureByUse, IsEveryWayToEndAWaitOrToMakeAHandle) {
  expect_exposed_by([](const auto& foreign) -> task<> {
    static_cast<void>(foreign.values.try_send(1));
    co_return;
  });
  expect_exposed_by([](const auto& foreign) -> task<> {
    std::optional<int> value;
    static_cast<void>(foreign.values.try_receive(value));
    co_return;
  });
  expect_exposed_by([](const auto& foreign) -> task<> {
    foreign.values.close();
    co_return;
  });
  expect_exposed_by([](const auto& foreign) -> task<> {
    const auto copy = foreign.values;
    co_return;
  });
  expect_exposed_by([](const auto& foreign) -> task<> {
    const auto end = foreign.values.receiver();
    co_return;
  });
  expect_exposed_by([](const auto& foreign) -> task<> {
    foreign.owner.cancel();
    co_return;
  });
  expect_exposed_by([](const auto& foreign) -> task<> {
    co_await select(on_receive(foreign.values), on_send(foreign.values, 5));
  });
  expect_exposed_by([](const auto& foreign) -> task<> {
    static_cast<void>(foreign.lock.try_lock());
    co_return;
  });
  expect_exposed_by([](const auto& foreign) -> task<> {
    foreign.held.unlock();
    co_return;
  });
  expect_exposed_by([](const auto& foreign) -> task<> {
    foreign.changed.signal();
    co_return;
  });
  expect_exposed_by([](const auto& foreign) -> task<> {
    foreign.permit.release();
    co_return;
  });
}

TEST_P(Exposure, AForeignThreadExposesAndIsCountedAndNeverAborted) {
  run([]() -> task<> {
    const exposures before = count_exposures();
    const channel<int> mine(1);
    std::thread([&] { EXPECT_EQ(mine.try_send(1), op_status::success); }).join();
    EXPECT_TRUE(exposed(&mine));
    EXPECT_EQ(count_exposures().foreign, before.foreign + 1);
    co_return;
  });
}

TEST(ExposureOfABlock, EndsWithTheBlock) {
  void* block = allocate_block(100, block_kind::frame, nullptr);
  expose(*find_block(block));
  EXPECT_TRUE(exposed(block));
  free_block(block);
  std::vector<void*> blocks;
  for (int i = 0; i < 2000; ++i) {
    blocks.push_back(allocate_block(100, block_kind::frame, nullptr));
    EXPECT_FALSE(exposed(blocks.back()));
  }
  // Under AddressSanitizer a freed block waits long before it is used again.
  if (!LEASH_ASAN) {
    EXPECT_NE(std::find(blocks.begin(), blocks.end(), block), blocks.end());
  }
  for (void* each : blocks) free_block(each);
}

}  // namespace
