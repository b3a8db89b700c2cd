#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>

#include <leash/runtime.hpp>
#include <leash/testing.hpp>

namespace leash::testing {

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

}  // namespace leash::testing
