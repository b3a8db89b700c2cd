#include <leash/debug_server.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "http/server/raw_client.hpp"
#include "support/expect_error.hpp"

#include <leash/channel.hpp>
#include <leash/error.hpp>
#include <leash/go.hpp>
#include <leash/http.hpp>
#include <leash/profile.hpp>
#include <leash/runtime.hpp>
#include <leash/trace.hpp>

namespace leash::http {
namespace {

using leash::testing::raw_client;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string get(const debug_server& from, const std::string& path) {
  return raw_client(from.port())
      .ask("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
}

TEST(DebugServer, AnswersWithoutAnyRuntimeOfTheProgram) {
  const debug_server shown("127.0.0.1:0");
  EXPECT_EQ(shown.url(), "http://127.0.0.1:" + std::to_string(shown.port()) + "/debug/pprof/");
  EXPECT_TRUE(shown.is_local());
  EXPECT_THAT(get(shown, "/debug/pprof/goroutine?debug=1"),
              HasSubstr("goroutine profile: total 0\n"));
}

TEST(DebugServer, IsStartedAndStoppedOnGoroutines) {
  run([]() -> task<> {
    const debug_server shown("127.0.0.1:0");
    const response index = co_await client().get(shown.url());
    EXPECT_EQ(index.status, 200);
  });
}

TEST(DebugServer, IsNotSeenByWhatItShows) {
  const debug_server shown("127.0.0.1:0");
  // A request under way, so that the server has a goroutine for it.
  raw_client half(shown.port());
  half.send("GET /metrics HTTP/1.1\r\n");
  EXPECT_EQ(num_goroutines(), 0u);
  EXPECT_EQ(dump_goroutines(), "");
  EXPECT_EQ(profile_goroutines().goroutines(), 0);
  run([]() -> task<> {
    EXPECT_EQ(num_goroutines(), 1u);
    co_return;
  });
}

TEST(DebugServer, ShowsWhereGoroutinesWait) {
  const debug_server shown("127.0.0.1:0");
  run(
      [&]() -> task<> {
        const channel<> never;
        go([](channel<> from) -> task<> { co_await from.receive(); }, never);
        co_await this_goroutine::yield();
        const response text = co_await client().get(shown.url() + "goroutine?debug=2");
        EXPECT_THAT(text.body, HasSubstr("[chan receive]:\n"));
        EXPECT_THAT(text.body, HasSubstr("debug_server_test.cpp:"));
      },
      {.processors = 1, .leaks = leak_policy::off});
}

TEST(DebugServer, GivesItsPortBack) {
  std::uint16_t port = 0;
  {
    const debug_server first("127.0.0.1:0");
    port = first.port();
    EXPECT_THAT(get(first, "/debug/pprof/cmdline"), StartsWith("HTTP/1.1 200 OK"));
  }
  const debug_server second("127.0.0.1:" + std::to_string(port));
  EXPECT_EQ(second.port(), port);
}

TEST(DebugServer, StopsInTheMiddleOfARequest) {
  std::optional<debug_server> shown(std::in_place, "127.0.0.1:0");
  raw_client waiting(shown->port());
  waiting.send("GET /debug/pprof/goroutine?seconds=3600 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  shown.reset();
  EXPECT_EQ(waiting.rest(), "");
}

TEST(DebugServer, SaysThatItsPortIsTaken) {
  const debug_server first("127.0.0.1:0");
  try {
    const debug_server second("127.0.0.1:" + std::to_string(first.port()));
    ADD_FAILURE() << "nothing was thrown";
  } catch (const std::system_error& refused) {
    EXPECT_EQ(refused.code(), std::errc::address_in_use);
    EXPECT_THAT(refused.what(), HasSubstr("127.0.0.1:" + std::to_string(first.port())));
  }
}

TEST(DebugServer, RefusesWhatIsNoAddress) {
  leash::testing::expect_error(errc::bad_option, [] { debug_server("nowhere:1"); });
  leash::testing::expect_error(errc::bad_option, [] { debug_server(""); });
}

}  // namespace
}  // namespace leash::http
