#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include <leash/leash.hpp>

#include "support/workers.hpp"

// An exception that leaves a goroutine which nobody joins.

namespace {

using namespace leash;
using leash::testing::until_alone;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

constexpr runtime_options one_worker{.processors = 1, .leaks = leak_policy::off};

task<> innermost() {
  co_await this_goroutine::yield();
  throw std::runtime_error("no such row");
}
task<> middle() { co_await innermost(); }
task<> outermost() { co_await middle(); }

struct seen {
  std::string what;
  std::uint64_t goroutine = 0;
  std::uint64_t creator = 0;
  std::uint32_t created_at = 0;
  std::vector<std::string> stack;
};
std::vector<seen> reports;

void remember(const uncaught_exception& what) noexcept {
  seen& report = reports.emplace_back();
  try {
    std::rethrow_exception(what.error);
  } catch (const std::exception& known) {
    report.what = known.what();
  } catch (...) {
    report.what = "unknown";
  }
  report.goroutine = what.goroutine;
  report.creator = what.creator;
  report.created_at = what.created_at.line();
  for (const auto& frame : what.stack) report.stack.emplace_back(frame.function_name());
}

class Uncaught : public ::testing::Test {
 protected:
  Uncaught() {
    reports.clear();
    set_uncaught_handler(remember);
  }
  ~Uncaught() override { EXPECT_EQ(set_uncaught_handler(nullptr), remember); }
};

TEST_F(Uncaught, IsGivenToTheHandlerWithItsTraceAndTheProgramGoesOn) {
  std::uint64_t started = 0;
  const std::uint32_t line = 3 + __LINE__;
  leash::run(
      [&]() -> task<> {
        go([&]() -> task<> {
          started = this_goroutine::id();
          co_await outermost();
        });
        co_await until_alone();
        EXPECT_EQ(reports.size(), 1u);
        EXPECT_EQ(reports[0].creator, this_goroutine::id());
      },
      one_worker);
  EXPECT_EQ(reports[0].what, "no such row");
  EXPECT_EQ(reports[0].goroutine, started);
  EXPECT_NEAR(reports[0].created_at, line, 2);
  ASSERT_EQ(reports[0].stack.size(), 4u);
  EXPECT_THAT(reports[0].stack[0], HasSubstr("innermost"));
  EXPECT_THAT(reports[0].stack[1], HasSubstr("middle"));
  EXPECT_THAT(reports[0].stack[2], HasSubstr("outermost"));
}

TEST_F(Uncaught, TraceBeginsAnewAfterAnExceptionThatWasCaught) {
  leash::run(
      []() -> task<> {
        go([]() -> task<> {
          try {
            co_await outermost();
          } catch (const std::runtime_error& caught) {
            EXPECT_STREQ(caught.what(), "no such row");
          }
          throw std::logic_error("another");
        });
        co_await until_alone();
      },
      one_worker);
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].what, "another");
  EXPECT_EQ(reports[0].stack.size(), 1u);
}

TEST_F(Uncaught, IsNotWhatSomebodyJoins) {
  leash::run(
      []() -> task<> {
        try {
          co_await with_scope([](scope& s) -> task<> {
            s.go(outermost);
            co_return;
          });
          ADD_FAILURE() << "a scope swallowed its child's exception";
        } catch (const std::runtime_error& rethrown) {
          EXPECT_STREQ(rethrown.what(), "no such row");
        }
      },
      one_worker);
  EXPECT_TRUE(reports.empty());
}

TEST(UncaughtDeathTest, EndsTheProgramWithTheTraceOfThePanic) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  const auto panic = [] {
    leash::run(
        []() -> task<> {
          go([](int) -> task<> { co_await outermost(); }, 5);
          co_await until_alone();
        },
        one_worker);
  };
  // Line by line: a dot of this matcher's expressions takes no line break.
  EXPECT_EXIT(panic(), ::testing::KilledBySignal(SIGABRT),
              AllOf(HasSubstr("panic: no such row\n\ngoroutine "), HasSubstr(" [running]:\n"),
                    ContainsRegex("innermost.*\n\t.*uncaught_test.cpp:[0-9]+"),
                    ContainsRegex("outermost.*\n\t.*uncaught_test.cpp:[0-9]+"),
                    ContainsRegex("created by .* in goroutine [0-9]+")));
}

}  // namespace
