#include <gtest/gtest.h>

#include <chrono>
#include <string_view>

#include <leash/gtest.hpp>
#include <leash/leash.hpp>
#include <leash/testing.hpp>

// A GoogleTest program that tests/no_leaks_test.py runs: some of its tests leave goroutines behind.

namespace {

using namespace leash;
using namespace std::chrono_literals;

task<> answer(channel<int> to) { co_await to.send(1); }
task<> keep_alive() {
  for (;;) co_await sleep(1h);
}

TEST(Clean, WaitsForWhatItStarts) {
  run([]() -> task<> {
    channel<int> answers;
    go(answer, answers);
    EXPECT_EQ(co_await answers.receive(), 1);
  });
}

TEST(Leaky, LosesALoser) {
  run([]() -> task<> {
    channel<int> answers;
    go(answer, answers);
    go(answer, answers);
    EXPECT_EQ(co_await answers.receive(), 1);
  });
}

TEST(Sleepy, LeavesASleeper) {
  run([]() -> task<> {
    go(keep_alive);
    co_return;
  });
}

TEST(Guarded, FailsAtItsGuard) {
  const leash::testing::no_leaks guard({.patience = 1s});
  run([]() -> task<> {
    go(keep_alive);
    co_return;
  });
}

TEST(Guarded, IgnoresWhatIsNamed) {
  const leash::testing::no_leaks guard({.patience = 1s, .ignore_functions = {"keep_alive"}});
  run([]() -> task<> {
    go(keep_alive);
    co_return;
  });
}

class Fixture : public ::testing::Test {
 protected:
  void TearDown() override {
    run([]() -> task<> {
      go(keep_alive);
      co_return;
    });
  }
};

TEST_F(Fixture, MayLeakInItsTearDown) {}

}  // namespace

// --listen: every test is checked. --ignore: but for keep_alive.
int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--listen") leash::testing::add_no_leaks({.patience = 1s});
    if (std::string_view(argv[i]) == "--ignore")
      leash::testing::add_no_leaks({.patience = 1s, .ignore_top_functions = {"keep_alive"}});
  }
  return RUN_ALL_TESTS();
}
