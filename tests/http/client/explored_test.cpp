#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <leash/http.hpp>
#include <leash/leash.hpp>
#include <leash/testing.hpp>

// Virtual time and real I/O do not go together.

namespace {

using namespace leash;
using ::testing::HasSubstr;

TEST(HttpClientExplored, SaysThatItDoesRealIo) {
  const auto result = leash::testing::explore({}, []() -> task<> {
    const http::client client;
    co_await client.get("http://127.0.0.1:1/");
  });
  ASSERT_EQ(result.failures.size(), 1U);
  EXPECT_EQ(result.failures[0].kind, leash::testing::failure_kind::uncaught_exception);
  EXPECT_THAT(result.failures[0].message, HasSubstr("real I/O in an exploration"));
  EXPECT_THAT(result.failures[0].message, HasSubstr("memory_network.hpp"));
}

}  // namespace
