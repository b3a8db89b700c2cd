#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>

#include <leash/go.hpp>
#include <leash/runtime.hpp>

namespace leash::testing {

// One worker, on virtual time: everything happens in a known order, and no time passes while something runs.
inline constexpr runtime_options virtual_time{
    .processors = 1, .leaks = leak_policy::off, .virtual_time = true};

// A fixture whose tests run over one worker (where the order is known), two (as many as this machine
// may have) and eight (more than it has, so that a worker is stopped at any instruction).
class OverWorkers : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  template <class F>
  static auto run(F main) {
    return leash::run(std::move(main), {.processors = GetParam(), .leaks = leak_policy::off});
  }
};

inline std::string workers_name(const ::testing::TestParamInfo<std::uint32_t>& info) {
  return std::to_string(info.param) + (info.param == 1 ? "Worker" : "Workers");
}

#define LEASH_OVER_WORKERS(suite)                                      \
  INSTANTIATE_TEST_SUITE_P(Over, suite, ::testing::Values(1u, 2u, 8u), \
                           ::leash::testing::workers_name)

// Runs others until `condition()` holds.
template <class Condition>
task<> until(Condition condition) {
  while (!condition()) co_await this_goroutine::yield();
}

// Runs others until this goroutine is the only one.
inline task<> until_alone() {
  return until([] { return num_goroutines() == 1; });
}

}  // namespace leash::testing
