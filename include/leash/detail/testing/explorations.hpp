#pragma once

#include <memory>
#include <string>

// What explore() and bubble() are made of.

namespace leash::testing {
struct explore_options;
struct explore_result;
}  // namespace leash::testing

namespace leash::detail {

class explored_program;

testing::explore_result explore(const testing::explore_options& options, explored_program& program);
// Runs it once, to the end of all its goroutines; throws errc::goroutines_left.
void run_in_bubble(explored_program& program);

// Hears of assertions that failed while it lives; a test framework's.
class assertion_watch {
 public:
  assertion_watch() = default;
  assertion_watch(assertion_watch&&) = delete;
  virtual ~assertion_watch() = default;
  // A schedule begins.
  virtual void begin() = 0;
  // What has failed since; empty: nothing has.
  virtual std::string failures() = 0;
};
// Sets what makes one at the beginning of each exploration. Any thread.
using make_assertion_watch = std::unique_ptr<assertion_watch> (*)();
void set_assertion_watch(make_assertion_watch make) noexcept;

}  // namespace leash::detail
