// Ten thousand races against real servers leave nothing behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "tool/nginx.hpp"

#include <leash/asio.hpp>
#include <leash/http.hpp>
#include <leash/leash.hpp>

namespace leash::test {
namespace {

using namespace std::chrono_literals;

std::ptrdiff_t open_files() {
  using directory = std::filesystem::directory_iterator;
  return std::distance(directory("/proc/self/fd"), directory());
}

std::ptrdiff_t resident_bytes() {
  std::ptrdiff_t size = 0;
  std::ptrdiff_t resident = 0;
  std::ifstream("/proc/self/statm") >> size >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

constexpr std::ptrdiff_t resident_mebibyte = std::ptrdiff_t{1} << 20;

struct usage {
  std::ptrdiff_t files = 0;
  std::ptrdiff_t resident = 0;
  std::size_t frames = 0;

  static usage now() { return {open_files(), resident_bytes(), memory().live_frames}; }
};

class many_races : public ::testing::Test {
 protected:
  task<> races(http::client client, int count) {
    for (int i = 0; i < count; ++i) {
      auto won = co_await race(client.get(slow.url()), client.get(quick.url()));
      if (won.index != 1 || won.value.body != "fast\n") ++lost;
    }
  }

  // That many races by so many goroutines at once.
  task<> races_at_once(http::client client, int count, int goroutines) {
    co_await with_scope([&](scope& all) -> task<> {
      for (int i = 0; i < goroutines; ++i)
        all.go([this, client, each = count / goroutines]() { return races(client, each); });
      co_return;
    });
  }

  // Their connections are kept for a moment, should the answer come at once, and closed where the I/O is done.
  static task<> losers_are_gone(const usage& before) {
    const auto give_up = now() + 60s;
    while (open_files() != before.files && now() < give_up) co_await sleep(1ms);
  }

  void expect_only_wins() {
    EXPECT_EQ(lost, 0);
    // A loser that was cancelled before it had sent its request is not logged.
    const auto log = slow.log();
    const std::set<std::string> lines(log.begin(), log.end());
    EXPECT_THAT(lines, ::testing::IsSubsetOf({"499 /"}));
  }

  nginx quick{nginx::quick()};
  nginx slow{nginx::slowed(3600)};
  std::atomic<int> lost = 0;
};

TEST_F(many_races, OneAfterTheOtherHoldNothingButTheWinnersConnection) {
  run([&]() -> task<> {
    const http::client client;
    co_await client.get(quick.url());
    const usage before = usage::now();
    co_await races(client, 5000);
    co_await losers_are_gone(before);
    const usage half = usage::now();
    co_await races(client, 5000);
    co_await losers_are_gone(before);
    const usage after = usage::now();
    EXPECT_EQ(after.files, before.files);
    EXPECT_EQ(after.frames, before.frames);
    EXPECT_LE(after.resident - half.resident, resident_mebibyte);
    RecordProperty("rss_growth", std::to_string(after.resident - half.resident));
  });
  expect_only_wins();
}

TEST_F(many_races, AtOnceHoldNothingWhenTheirClientIsGone) {
  constexpr int goroutines = 20;
  run([&]() -> task<> {
    // With it the runtime opens what it keeps open for its I/O.
    const boost::asio::steady_timer timer(io_context());
    const usage before = usage::now();
    usage half;
    usage after;
    {
      const http::client client;
      co_await races_at_once(client, 5000, goroutines);
      half = usage::now();
      co_await races_at_once(client, 5000, goroutines);
      after = usage::now();
    }
    EXPECT_EQ(after.frames, before.frames);
    EXPECT_LE(after.resident - half.resident, resident_mebibyte);
    RecordProperty("rss_growth", std::to_string(after.resident - half.resident));
    co_await losers_are_gone(before);
    EXPECT_EQ(open_files(), before.files);
  });
  expect_only_wins();
}

}  // namespace
}  // namespace leash::test
