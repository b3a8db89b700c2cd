// Leaks that show when a handle is dropped, or when a wait begins: they are told of before the caller goes on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <leash/leaks.hpp>

#include "support/proven.hpp"

namespace leash {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

// Where the told ones were started, in the order in which they were told of.
class told {
 public:
  static void clear() {
    const std::lock_guard guard(lock());
    lines().clear();
  }
  static std::vector<std::uint32_t> at() {
    const std::lock_guard guard(lock());
    return lines();
  }
  static void handler(const leak_report& fresh) noexcept {
    const std::lock_guard guard(lock());
    goroutine_cursor cursor = fresh.goroutines();
    for (auto some = cursor.next(); !some.empty(); some = cursor.next())
      for (const goroutine_trace& each : some) lines().push_back(each.created_at.line());
  }

 private:
  static std::mutex& lock() {
    static std::mutex one;
    return one;
  }
  static std::vector<std::uint32_t>& lines() {
    static std::vector<std::uint32_t> some;
    return some;
  }
};

class AtOnce : public testing::ProvenOverWorkers {
 protected:
  void SetUp() override {
    testing::ProvenOverWorkers::SetUp();
    told::clear();
    before_ = set_leak_handler(told::handler);
  }
  void TearDown() override { set_leak_handler(before_); }

  template <class F>
  static void watch(F main) {
    leash::run(std::move(main), {.processors = GetParam(), .leaks = leak_policy::report});
  }

 private:
  leak_handler before_ = nullptr;
};

// The loser waits, and the winner is gone, so that it does not depend on the machine when the last who could receive goes.
constexpr std::uint32_t racer_line = __LINE__ + 4;
task<std::string> racer() {
  channel<std::string> answers;
  for (const char* name : {"google", "bing"})
    go([answers, name]() -> task<> {
      testing::ProvenOverWorkers::stays(name);
      co_await answers.send(name);
    });
  co_await testing::ProvenOverWorkers::settled(2);
  const auto first = co_await answers.receive();
  co_await testing::until([] { return num_goroutines() == 2; });
  co_return *first;
}
constexpr std::uint32_t last_line = __LINE__ - 3;

TEST_P(AtOnce, TheLoserOfARaceIsToldOfBeforeTheCallerResumes) {
  std::vector<std::uint32_t> by_then;
  watch([&]() -> task<> {
    co_await racer();
    by_then = told::at();
  });
  EXPECT_THAT(by_then, ElementsAre(racer_line));
  EXPECT_THAT(told::at(), ElementsAre(racer_line));
}

TEST_P(AtOnce, NobodyIsToldOfWhomAnotherHandleCanHelp) {
  watch([&]() -> task<> {
    const channel<int> kept;
    {
      // NOLINTNEXTLINE(performance-unnecessary-copy-initialization): that it goes is what this is about
      const channel<int> copy = kept;
      go([copy]() -> task<> {
        stays("sender");
        co_await copy.send(1);
      });
      co_await settled(1);
    }
    co_await this_goroutine::yield();
    EXPECT_THAT(told::at(), ElementsAre());
    co_await kept.receive();
  });
  EXPECT_THAT(told::at(), ElementsAre());
}

TEST_P(AtOnce, AWaitThatBeginsWhenNobodyIsLeftIsToldOf) {
  const auto line = static_cast<std::uint32_t>(__LINE__) + 3;
  watch([&]() -> task<> {
    auto gate = std::make_shared<channel<>>();
    go([gate = gate->receiver(), answers = channel<int>()]() -> task<> {
      co_await gate.receive();
      co_await answers.send(1);
    });
    gate->close();
    co_await testing::until([] { return !told::at().empty(); });
  });
  EXPECT_THAT(told::at(), ElementsAre(line));
}

TEST_P(AtOnce, BothOfACircleAreToldOfOnceEach) {
  watch([&]() -> task<> {
    {
      const channel<int> a;
      const channel<int> b;
      go([a, b]() -> task<> {
        stays("one");
        co_await a.receive();
        co_await b.send(1);
      });
      go([a, b]() -> task<> {
        stays("two");
        co_await b.receive();
        co_await a.send(1);
      });
      co_await settled(2);
    }
    co_await testing::until([] { return told::at().size() == 2; });
    co_await sleep(0ms);
  });
  EXPECT_EQ(told::at().size(), 2u);
}

// In a process of its own, where no place has been told of before.
TEST(LeakReport, NamesThePlaceOfTheLoserAndOfTheDrop) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const std::string file = "at_once_test.cpp:";
  EXPECT_EXIT(
      {
        leash::run(
            []() -> task<> {
              co_await racer();
              std::fputs("the caller goes on\n", stderr);
              std::fflush(stderr);
              std::_Exit(0);
            },
            {.processors = 1, .leaks = leak_policy::report});
      },
      ::testing::ExitedWithCode(0),
      ::testing::ContainsRegex("leash: 1 goroutine can never run again:(.|\n)*chan send(.|\n)*" +
                               file + std::to_string(racer_line) +
                               "(.|\n)*dropped in .*racer after .*" + file +
                               std::to_string(last_line) + "(.|\n)*the caller goes on"));
}

LEASH_OVER_WORKERS(AtOnce);

}  // namespace
}  // namespace leash
