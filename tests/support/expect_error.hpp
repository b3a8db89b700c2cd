#pragma once

#include <gtest/gtest.h>

#include <leash/error.hpp>

namespace leash::testing {

// The call throws leash::error with this code.
template <class F>
void expect_error(errc code, F call) {
  try {
    call();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const error& refused) {
    EXPECT_EQ(refused.code(), code);
  }
}

}  // namespace leash::testing
