// What the debug server says of goroutines that can never run again, and of why others wait.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <utility>

#include "http/server/raw_client.hpp"

#include <leash/channel.hpp>
#include <leash/debug_server.hpp>
#include <leash/go.hpp>
#include <leash/http.hpp>
#include <leash/leaks.hpp>
#include <leash/runtime.hpp>
#include <leash/time.hpp>

namespace leash::http {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// Nobody tells of the leaks that these tests make.
constexpr runtime_options quiet{.processors = 1, .leaks = leak_policy::off};

task<> send_to_nobody(channel<int> to) { co_await to.send(1); }

// The channel is left to those that send to it.
void leak(int count) {
  const channel<int> lost;
  for (int i = 0; i < count; ++i) go(send_to_nobody, lost);
}

task<response> answer_of(const debug_server& from, std::string path) {
  co_return co_await client().get("http://127.0.0.1:" + std::to_string(from.port()) + path);
}

task<std::string> body_of(const debug_server& from, std::string path) {
  const response answer = co_await answer_of(from, std::move(path));
  EXPECT_EQ(answer.status, 200) << answer.body;
  co_return answer.body;
}

// Runs it in a program with three leaked goroutines, and one that waits and can be woken.
template <class Body>
void with_leaks(Body body) {
  const debug_server shown("127.0.0.1:0");
  run(
      [&]() -> task<> {
        const channel<> held;
        go([](channel<> from) -> task<> { co_await from.receive(); }, held);
        leak(3);
        co_await this_goroutine::yield();
        co_await body(shown);
        held.close();
      },
      quiet);
}

TEST(LeakPages, GroupWhatIsProvenAsGoDoes) {
  with_leaks([](const debug_server& shown) -> task<> {
    const std::string text = co_await body_of(shown, "/debug/pprof/goroutineleak?debug=1");
    EXPECT_THAT(text, StartsWith("goroutineleak profile: total 3\n3 @ 0x"));
    EXPECT_THAT(text, HasSubstr("send_to_nobody"));
    EXPECT_THAT(text, Not(HasSubstr("\n1 @ ")));
  });
}

TEST(LeakPages, MarkEachGoroutineThatIsProven) {
  with_leaks([](const debug_server& shown) -> task<> {
    const std::string text = co_await body_of(shown, "/debug/pprof/goroutineleak?debug=2");
    EXPECT_THAT(text, AllOf(HasSubstr("[chan send (leaked)]:\n"), HasSubstr("send_to_nobody")));
    EXPECT_THAT(text, Not(HasSubstr("chan receive")));
  });
}

TEST(LeakPages, SayThatNothingIsLeakedWhereNothingIs) {
  const debug_server shown("127.0.0.1:0");
  EXPECT_THAT(leash::testing::raw_client(shown.port())
                  .ask("GET /debug/pprof/goroutineleak?debug=1 HTTP/1.1\r\nHost: localhost\r\n"
                       "Connection: close\r\n\r\n"),
              HasSubstr("goroutineleak profile: total 0\n"));
}

TEST(LeakPages, SendAFileThatIsNamedAfterTheProfile) {
  with_leaks([](const debug_server& shown) -> task<> {
    const response now = co_await answer_of(shown, "/debug/pprof/goroutineleak");
    const std::string* name = find_header(now.headers, "Content-Disposition");
    if (name == nullptr) throw std::logic_error("the file has no name");
    EXPECT_EQ(*name, R"(attachment; filename="goroutineleak")");
  });
}

TEST(LeakPages, RefuseSuspectsInWhatOnlyProvenOnesAreIn) {
  with_leaks([](const debug_server& shown) -> task<> {
    for (const char* query : {"suspects=1&debug=1", "suspects=1&seconds=1"}) {
      const response answer =
          co_await answer_of(shown, std::string("/debug/pprof/goroutineleak?") + query);
      EXPECT_EQ(answer.status, 400) << query;
      EXPECT_THAT(answer.body, StartsWith("suspects can be joined neither with debug nor with "));
    }
    const response other = co_await answer_of(shown, "/debug/pprof/goroutine?suspects=1");
    EXPECT_EQ(other.status, 400);
    EXPECT_THAT(other.body, StartsWith("suspects: there is no such key"));
  });
}

TEST(LeakPages, CountInTheIndex) {
  with_leaks([](const debug_server& shown) -> task<> {
    EXPECT_THAT(co_await body_of(shown, "/debug/pprof/"),
                HasSubstr(R"(<tr><td>3</td><td><a href="goroutineleak?debug=1">)"));
  });
}

TEST(LeakPages, SayOnWhatConditionOneGoroutineWillExit) {
  with_leaks([](const debug_server& shown) -> task<> {
    const std::string all = co_await body_of(shown, "/debug/leash/why");
    EXPECT_THAT(all, AllOf(HasSubstr("[chan send"), HasSubstr("[chan receive")));
    const std::string main_alone = co_await body_of(shown, "/debug/leash/why?id=1");
    EXPECT_THAT(main_alone, StartsWith("goroutine 1 "));
    EXPECT_THAT(main_alone, Not(HasSubstr("chan send")));
  });
}

TEST(LeakPages, SayThatThereIsNoSuchGoroutine) {
  with_leaks([](const debug_server& shown) -> task<> {
    const response answer = co_await answer_of(shown, "/debug/leash/why?id=987654321");
    EXPECT_EQ(answer.status, 404);
    EXPECT_EQ(answer.body,
              "There is no goroutine 987654321: it has ended, or there never was one\n");
    for (const char* query : {"id=", "id=0", "id=-1", "id=seven", "ID=7"})
      EXPECT_EQ((co_await answer_of(shown, std::string("/debug/leash/why?") + query)).status, 400)
          << query;
  });
}

}  // namespace
}  // namespace leash::http
