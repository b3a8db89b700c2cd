#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdlib>

#include "model/driver.hpp"
#include "model/free_run.hpp"
#include "model/program_generator.hpp"
#include "support/workers.hpp"

// Random programs over all primitives do on leash what they do in a plain model: who waits, for what, and
// what every step gave. They are the same ones every time. RC_PARAMS="seed=… max_success=10000" runs others,
// and more than 300; what a failure prints for RC_PARAMS runs that one again.

namespace {

using leash::testing::model::broken_invariant;
using leash::testing::model::disagreement;
using leash::testing::model::program;
using leash::testing::model::programs;

const int parameters_set = setenv("RC_PARAMS", "seed=1 max_success=300", 0);

class Model : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  // complaint(program, workers) is empty, whatever the program.
  template <class F>
  static void holds(bool together, F complaint) {
    ASSERT_EQ(parameters_set, 0);
    rc::detail::checkGTest([together, complaint] {
      const program given = *programs(together);
      const std::string text = complaint(given, GetParam());
      if (!text.empty()) RC_FAIL(text);
    });
  }
};
LEASH_OVER_WORKERS(Model);

TEST_P(Model, AgreesStepByStep) { holds(false, disagreement); }

TEST_P(Model, AgreesWhenStepsStartTogether) { holds(true, disagreement); }

TEST_P(Model, NothingIsLostOrHeldWhenAllRunFreely) { holds(false, broken_invariant); }

}  // namespace
