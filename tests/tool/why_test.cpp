// `leash why`: what is asked for, and what may come instead of an answer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <string>

#include "tool/failing_race.hpp"

namespace leash::test {
namespace {

using http::testing::answer;
using http::testing::hold;
using http::testing::send;
using ::testing::HasSubstr;

class why : public ::testing::Test {
 protected:
  outcome run(const std::string& arguments) const {
    running_command command("why " + arguments, "no_proxy='*'");
    return end_of(command);
  }
  outcome end_of(running_command& command) const {
    outcome ended = command.wait();
    EXPECT_THAT(ended.left, ::testing::IsEmpty());
    EXPECT_TRUE(server.wait_until([this] { return server.open_connections() == 0; }));
    return ended;
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(server.port()); }

  http::testing::test_server server;
};

constexpr const char* page = "/debug/leash/why";
const std::string of_seven = "goroutine 7 [chan receive]: when somebody sends or closes\n";

TEST_F(why, ShowsWhatTheProgramSays) {
  server.on(page, {send(answer(of_seven))});
  for (const std::string& word :
       {address(), "http://" + address(), "http://" + address() + "/debug/pprof/"}) {
    const outcome ended = run(word);
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_EQ(ended.out, of_seven) << word;
  }
}

TEST_F(why, AsksForTheGoroutineThatIsNamed) {
  server.on(page, {send(answer(of_seven))});
  EXPECT_EQ(run(address() + " 7").out, of_seven);
  EXPECT_EQ(server.requests().at(0).target, std::string(page) + "?id=7");
}

TEST_F(why, SaysThatThereIsNoSuchGoroutine) {
  server.on(page, {send(answer("There is no goroutine 9: it has ended, or there never was one\n",
                               "404 Not Found"))});
  const outcome ended = run(address() + " 9");
  EXPECT_EQ(ended.code, 1);
  EXPECT_EQ(ended.out, "");
  EXPECT_EQ(ended.err, "leash: " + address() +
                           ": There is no goroutine 9: it has ended, or there never was one\n");
}

TEST_F(why, SaysWhatIsWrongWithAServerThatHasNoSuchPage) {
  EXPECT_EQ(run(address()).err, "leash: " + address() +
                                    ": answered with status 404: it is not the debug server of a "
                                    "program of leash, or of an old one\n");
  server.on(page, {send(answer("", "403 Forbidden"))});
  const outcome refused = run(address());
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("answered with status 403: -u and -H say who asks\n"));
}

TEST_F(why, SaysThatNobodyListens) {
  const closed_port nobody;
  const outcome ended = run(nobody.url());
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, HasSubstr("Connection refused"));
}

TEST_F(why, EndsAtCtrlC) {
  server.on(page, {hold("never")});
  running_command command("why " + address(), "no_proxy='*'");
  ASSERT_TRUE(server.wait_until([this] { return server.requests().size() == 1; }));
  command.send_signal(SIGINT);
  const outcome ended = end_of(command);
  EXPECT_EQ(ended.code, 130);
  EXPECT_EQ(ended.err, "leash: interrupted\n");
}

}  // namespace
}  // namespace leash::test
