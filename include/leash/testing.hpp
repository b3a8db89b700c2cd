#pragma once

#include <leash/explore.hpp>
#include <leash/go.hpp>
#include <leash/runtime.hpp>
#include <leash/task.hpp>

// For the tests of programs that use leash: library leash::testing.

namespace leash::testing {

// What run() takes to run a test: one worker, on virtual time. Goroutines run in the same order each time,
// but for a select's choice among several cases that are ready; no time passes while one can run, and when
// none can, it is the next timer's moment at once: a test of an hour's sleep takes no hour, and one of a
// timeout does not depend on the machine. What is left when main returns is reported, as ever.
//
//   leash::run([]() -> leash::task<> {
//     const auto began = leash::now();
//     co_await leash::sleep(1h);
//     EXPECT_EQ(leash::now() - began, 1h);
//   }, leash::testing::virtual_time);
//
// Real I/O and leash::blocking take real time: virtual time does not wait for them.
inline constexpr runtime_options virtual_time{.processors = 1, .virtual_time = true};

// Lets others run until `condition()` holds; it is called in this goroutine. On virtual time no time passes
// meanwhile, so somebody who can run has to make it true: a sleeper will not wake.
template <class Condition>
task<> until(Condition condition) {
  while (!condition()) co_await this_goroutine::yield();
}

// Lets others run until this goroutine is the only one; for the end of a test that waits for nobody in
// particular. Others that never end are waited for for ever, and on virtual time sleepers do not.
inline task<> until_alone() {
  return until([] { return num_goroutines() == 1; });
}

}  // namespace leash::testing
