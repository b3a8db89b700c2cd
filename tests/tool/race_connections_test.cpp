// What racing costs in connections, as the servers see it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <string>

#include "tool/nginx.hpp"

#include <leash/http.hpp>
#include <leash/leash.hpp>

namespace leash::test {
namespace {

using namespace std::chrono_literals;
using ::testing::Each;

// The serial numbers of the connections that requests came on.
std::set<std::string> connections_of(const nginx& server, std::size_t requests) {
  std::set<std::string> seen;
  for (const std::string& line : server.log_of(requests)) seen.insert(line);
  return seen;
}

TEST(race_connections, SmallAnswersNeedAtMostOneNewOneForTenRaces) {
  constexpr std::size_t races = 1000;
  nginx::options numbered = nginx::quick();
  numbered.log_line = "$connection";
  const nginx one(numbered);
  const nginx other(numbered);
  run([&]() -> task<> {
    http::client client;
    for (std::size_t i = 0; i < races; ++i) {
      co_await race(client.get(one.url()), client.get(other.url()));
      // The loser's answer arrives now. A race that began before it did would want a connection more.
      co_await sleep(1ms);
    }
  });
  EXPECT_LE(connections_of(one, 1).size() + connections_of(other, 1).size(), races / 10);
}

TEST(race_connections, EveryLoserThatIsSlowIsA499) {
  constexpr std::size_t races = 300;
  const nginx quick(nginx::quick());
  const nginx slow(nginx::slowed(3600));
  run([&]() -> task<> {
    http::client client;
    for (std::size_t i = 0; i < races; ++i) {
      const auto won = co_await race(client.get(slow.url("/")), client.get(quick.url("/")));
      EXPECT_EQ(won.index, 1u);
    }
  });
  // A loser whose rival was quicker than its own first step has asked nobody.
  EXPECT_THAT(slow.log_of(races), Each("499 /"));
  EXPECT_GT(slow.log().size(), races / 2);
}

}  // namespace
}  // namespace leash::test
