// The leaks that programs are known for, whole: who is proven, where it was started, and that nobody else is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include <leash/leaks.hpp>

#include "support/proven.hpp"

namespace leash {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;

class PatternKernels : public testing::ProvenOverWorkers {
 protected:
  // What the report says when the body has returned and `count` goroutines stay.
  template <class Body>
  static std::string text_after(std::size_t count, Body body) {
    std::string text;
    run([&]() -> task<> {
      co_await body();
      co_await settled(count);
      text = leaks().text();
    });
    return text;
  }
};

// One goroutine is leaked, it waits for `reason` in line `waits`, and was started in line `started`.
auto tells_of_one(const std::string& reason, int waits, int started) {
  const std::string file = "pattern_kernels_test.cpp:";
  return AllOf(HasSubstr("leash: 1 goroutine can never run again:"), HasSubstr("[" + reason + "]"),
               HasSubstr(file + std::to_string(waits)), HasSubstr(file + std::to_string(started)));
}

// The shapes that are shown first to whoever learns of leaks.

task<> race_without_room(int& waits, int& started) {
  const channel<std::string> answers;
  for (const char* name : {"google", "bing"}) {
    started = __LINE__ + 1;
    go([answers, name, &waits]() -> task<> {
      testing::ProvenOverWorkers::stays(name);
      waits = __LINE__ + 1;
      co_await answers.send(name);
    });
  }
  co_await testing::ProvenOverWorkers::settled(2);
  co_await answers.receive();
  co_await testing::until([] { return num_goroutines() == 2; });
}

task<> range_without_close(int& waits, int& started) {
  const channel<int> values;
  started = __LINE__ + 1;
  go([values, &waits]() -> task<> {
    int seen = 0;
    waits = __LINE__ + 1;
    while (auto each = co_await values.receive())
      if (++seen == 3) testing::ProvenOverWorkers::stays("consumer");
  });
  for (int i = 0; i < 3; ++i) co_await values.send(i);
}

task<> select_without_a_way_out(int& waits, int& started) {
  const channel<std::string> answers;
  started = __LINE__ + 1;
  go([answers, &waits]() -> task<> {
    testing::ProvenOverWorkers::stays("late");
    waits = __LINE__ + 1;
    co_await answers.send("late");
  });
  std::optional<std::string> first;
  co_await select(on_receive(channel<std::string>(), first), on_timeout(0ms));
}

TEST_P(PatternKernels, TheLoserOfARaceThatSendsToNobody) {
  int waits = 0;
  int started = 0;
  const std::string text = text_after(1, [&] { return race_without_room(waits, started); });
  EXPECT_THAT(text, tells_of_one("chan send", waits, started));
}

TEST_P(PatternKernels, AConsumerOfAChannelThatIsNeverClosed) {
  int waits = 0;
  int started = 0;
  const std::string text = text_after(1, [&] { return range_without_close(waits, started); });
  EXPECT_THAT(text, tells_of_one("chan receive", waits, started));
}

TEST_P(PatternKernels, AnAnswerThatComesAfterTheSelectHasGivenUp) {
  int waits = 0;
  int started = 0;
  const std::string text = text_after(1, [&] { return select_without_a_way_out(waits, started); });
  EXPECT_THAT(text, tells_of_one("chan send", waits, started));
}

// The patterns of leaks.

TEST_P(PatternKernels, WorkersThatRangeOverAnInputThatNobodyCloses) {
  EXPECT_EQ("worker worker worker", left_by(3, []() -> task<> {
              const channel<int> input;
              for (int i = 0; i < 3; ++i)
                go([input = input.receiver()]() -> task<> {
                  stays("worker");
                  while (co_await input.receive()) {
                  }
                });
              co_return;
            }));
}

TEST_P(PatternKernels, ASenderToAPoolOfNoWorkers) {
  EXPECT_EQ("sender", left_by(1, []() -> task<> {
              const channel<int> input;
              const int workers = 0;
              for (int i = 0; i < workers; ++i)
                go([input]() -> task<> { co_await input.receive(); });
              go([input]() -> task<> {
                stays("sender");
                co_await input.send(1);
              });
              co_return;
            }));
}

// A worker that has a start and a stop, and whoever calls the first forgets the second.
class worker {
 public:
  void start() const {
    go([input = input_, over = over_.receiver()]() -> task<> {
      testing::ProvenOverWorkers::stays("worker");
      std::optional<int> got;
      for (bool goes_on = true; goes_on;) {
        bool open = false;
        goes_on = co_await select(on_receive(input, got), on_receive(over, open)) == 0;
      }
    });
  }
  void stop() const { over_.close(); }

 private:
  channel<int> input_;
  channel<> over_;
};

TEST_P(PatternKernels, AWorkerThatIsStartedAndNeverStopped) {
  EXPECT_EQ("worker", left_by(1, []() -> task<> {
              const worker started;
              started.start();
              co_return;
            }));
  EXPECT_EQ("", left_by(1, []() -> task<worker> {
              worker started;
              started.start();
              co_return started;
            }));
}

TEST_P(PatternKernels, ASecondSendWhereAReturnIsMissing) {
  EXPECT_EQ("sender", left_by(1, []() -> task<> {
              const channel<int> results;
              go([results, failed = true]() -> task<> {
                if (failed) co_await results.send(-1);
                stays("sender");
                co_await results.send(1);
              });
              co_await results.receive();
            }));
}

TEST_P(PatternKernels, ASenderWhoseReceiverReturnsEarly) {
  EXPECT_EQ("sender", left_by(1, []() -> task<> {
              const channel<int> result;
              go([result]() -> task<> {
                stays("sender");
                co_await result.send(1);
              });
              const bool failed = true;
              if (failed) co_return;
              co_await result.receive();
            }));
}

TEST_P(PatternKernels, AllButOneOfManySendersToOneReceive) {
  EXPECT_EQ("sender sender sender sender", left_by(4, []() -> task<> {
              const channel<int> answers;
              for (int i = 0; i < 5; ++i)
                go([answers]() -> task<> {
                  stays("sender");
                  co_await answers.send(1);
                });
              co_await settled(5);
              co_await answers.receive();
              co_await testing::until([] { return num_goroutines() == 5; });
            }));
}

TEST_P(PatternKernels, ASenderWhoseCallerWasTimedOut) {
  EXPECT_EQ("sender", left_by(1, []() -> task<> {
              const channel<int> done;
              const auto bound = with_cancel(background());
              go([done]() -> task<> {
                stays("sender");
                co_await done.send(1);
              });
              std::optional<int> got;
              bound.cancel();
              co_await settled(1);
              const context& ctx = bound;
              co_await select(on_done(ctx), on_receive(channel<int>(), got));
            }));
}

// Main that waits for good is at rest; what it alone could help is not.
TEST(MainInAnEmptySelect, HoldsAChannelAndOnlyTheChildIsTold) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto main = []() -> task<> {
    const channel<int> values;
    go([values]() -> task<> {
      testing::ProvenOverWorkers::stays("child");
      co_await values.send(1);
    });
    go([]() -> task<> {
      co_await testing::ProvenOverWorkers::settled(2);
      const std::string text = leaks().text();
      std::fputs(text.c_str(), stderr);
      std::_Exit(text.find("1 goroutine can never run again") == std::string::npos);
    });
    testing::ProvenOverWorkers::stays("main");
    co_await select();
  };
  EXPECT_EXIT(leash::run(main, {.processors = 2, .leaks = leak_policy::off}),
              ::testing::ExitedWithCode(0), "chan send");
}

LEASH_OVER_WORKERS(PatternKernels);

}  // namespace
}  // namespace leash
