// LEASH_PROOF: whether proofs are made, and for how long one that the program did not ask for may hold it up.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include <leash/detail/base/sanitizer.hpp>
#include <leash/leaks.hpp>
#include <leash/leash.hpp>

#include "leak/proof/prove_all.hpp"

namespace leash {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ExitedWithCode;
using ::testing::HasSubstr;
using ::testing::Not;

class ProofBudgetDeathTest : public ::testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

task<> leak_one() {
  const channel<int> answers;
  go([answers]() -> task<> { co_await answers.send(1); });
  co_await this_goroutine::yield();
}

// A program with more memory than one proves in a millisecond, and leaks that patrols would find; then it asks.
void run_with(const char* option, bool is_looked_for) {
  setenv("LEASH_PROOF", option, 1);
  constexpr std::size_t words = std::size_t{8} << 20;
  const auto memory = std::make_unique<std::size_t[]>(words);
  for (std::size_t i = 0; i < words; ++i) memory[i] = i;
  run(
      [is_looked_for]() -> task<> {
        co_await leak_one();
        // Until it was told of, or a patrol has refused to look.
        while (is_looked_for ? count_leaks().announced == 0 : !detail::last_proof_effort().refused)
          co_await sleep(1ms);
        std::fprintf(stderr, "[slept][%zu]", leaks().size());
      },
      {.processors = 1, .leaks = leak_policy::report, .patrol = 2ms});
  std::exit(memory[1] == 1 ? 0 : 1);
}

TEST_F(ProofBudgetDeathTest, OverItNothingIsLookedForUnasked) {
  if (LEASH_SANITIZED) GTEST_SKIP() << "there is no budget under a sanitizer";
  EXPECT_EXIT(run_with("1ms", false), ExitedWithCode(0),
              AllOf(HasSubstr("leash: leaks are looked for only when asked"),
                    HasSubstr("the budget is 1 ms"), HasSubstr("[slept][1]"),
                    Not(HasSubstr("can never run again:")),
                    HasSubstr("left when main returned, and leaked")));
}

TEST_F(ProofBudgetDeathTest, WithinItItIsLookedForAtOnce) {
  if (LEASH_SANITIZED) GTEST_SKIP() << "what a sanitizer keeps may hide it";
  EXPECT_EXIT(run_with("10s", true), ExitedWithCode(0),
              AllOf(HasSubstr("can never run again:"), HasSubstr("[slept][1]"),
                    Not(HasSubstr("only when asked"))));
}

TEST_F(ProofBudgetDeathTest, OffNothingIsProven) {
  EXPECT_EXIT(
      run_with("off", false), ExitedWithCode(0),
      AllOf(HasSubstr("[slept][0]"), Not(HasSubstr("can never run again")),
            Not(HasSubstr("only when asked")), HasSubstr("1 goroutine left when main returned")));
}

void run_with_nonsense() {
  setenv("LEASH_PROOF", "sometimes", 1);
  try {
    run([]() -> task<> { co_return; });
  } catch (const error& refused) {
    std::fprintf(stderr, "%s", refused.what());
    std::exit(refused.code() == errc::bad_option ? 3 : 4);
  }
  std::exit(0);
}

TEST_F(ProofBudgetDeathTest, WhatIsNeitherIsRefused) {
  EXPECT_EXIT(run_with_nonsense(), ExitedWithCode(3),
              AllOf(HasSubstr("LEASH_PROOF=sometimes: "), HasSubstr("give off, or")));
}

}  // namespace
}  // namespace leash
