// Where the answer goes, and what is refused before anybody is asked.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "support/wait_until.hpp"
#include "tool/failing_race.hpp"
#include "tool/scratch.hpp"

namespace leash::test {
namespace {

using ::testing::HasSubstr;

class race_output : public race_failures {
 protected:
  void expect_refused(const std::string& arguments, const std::string& sentence) const {
    expect_failure(race(arguments), 2, "leash: " + sentence + " See leash race --help.\n");
    EXPECT_EQ(server.accepted(), 0);
  }
};

TEST_F(race_output, AClosedStandardOutputIsSaid) {
  expect_failure(race(url("/quick") + " >&-"), 23,
                 "leash: cannot write the answer to standard output: it is closed\n");
}

TEST_F(race_output, AReaderThatIsGoneIsSaid) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  close(ends[0]);
  running_command command("race " + url("/quick"), no_proxy, ends[1]);
  close(ends[1]);
  expect_failure(end_of(command), 23,
                 "leash: cannot write the answer to standard output: Broken pipe\n");
}

TEST_F(race_output, AFullDiskIsSaid) {
  expect_failure(race(url("/quick") + " >/dev/full"), 23,
                 "leash: cannot write the answer to standard output: No space left on device\n");
  expect_failure(race("-o /dev/full " + url("/quick")), 23,
                 "leash: cannot write the answer to /dev/full: No space left on device\n");
}

TEST_F(race_output, WhereNobodyListensToSentencesTheExitCodeStillTells) {
  EXPECT_EQ(race(nobody.url() + " 2>&-").code, 7);
  EXPECT_EQ(race("-v --timeline " + nobody.url() + " 2>/dev/full").code, 7);
  const outcome won = race("-v --timeline " + url("/quick") + " <&- 2>&-");
  EXPECT_EQ(won.code, 0);
  EXPECT_EQ(won.out, "quick");
}

TEST_F(race_output, AnEmptyBodyIsAnAnswer) {
  server.on("/empty", {http::testing::send(http::testing::answer(""))});
  expect_failure(race(url("/empty")), 0, "");
}

TEST_F(race_output, ALargeBodyComesWholeWhenTheLoserIsCancelled) {
  std::string large(std::size_t{10} << 20, '\0');
  unsigned state = 1;
  for (char& each : large) each = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  server.on("/large",
            {http::testing::hold("gate"), http::testing::send(http::testing::answer(large))});
  running_command command("race " + url("/stalled") + " " + url("/large"), no_proxy);
  ASSERT_TRUE(wait_for_requests(2));
  server.open_gate("gate");
  const outcome won = end_of(command);
  EXPECT_EQ(won.code, 0) << won.err;
  EXPECT_TRUE(won.out == large) << won.out.size() << " bytes came";
}

TEST_F(race_output, IsWrittenIntoTheFileThatIsNamed) {
  const scratch folder;
  expect_failure(race("-o " + folder.path("new") + " " + url("/quick")), 0, "");
  EXPECT_EQ(folder.content("new"), "quick");
  expect_failure(race("-o " + folder.path("new") + " " + url("/other")), 0, "");
  EXPECT_EQ(folder.content("new"), "other");
}

TEST_F(race_output, AFileInAFolderThatIsNotThereIsRefusedBeforeAnybodyIsAsked) {
  const scratch folder;
  const std::string path = folder.path("missing/file");
  expect_failure(race("-o " + path + " " + url("/quick")), 23,
                 "leash: cannot write to " + path +
                     ": No such file or directory; "
                     "nothing was asked\n");
  expect_failure(race("-o " + folder.path("") + " " + url("/quick")), 23,
                 "leash: cannot write to " + folder.path("") +
                     ": Is a directory; "
                     "nothing was asked\n");
  EXPECT_EQ(server.accepted(), 0);
}

TEST_F(race_output, AFileThatCannotBeWrittenStaysAsItIs) {
  const scratch folder;
  // A program that runs cannot be written to, not even by root.
  const std::string program = folder.path("program");
  std::filesystem::copy_file("/bin/sh", program);
  const std::string before = folder.content("program");
  std::FILE* running = popen(
      ("exec " + program + " -c 'echo ready >&2; read wait' 2>" + folder.path("said")).c_str(),
      "we");
  ASSERT_NE(running, nullptr);
  ASSERT_TRUE(wait_until([&] { return folder.content("said") == "ready\n"; }));
  expect_failure(race("-o " + program + " " + url("/quick")), 23,
                 "leash: cannot write to " + program + ": Text file busy; nothing was asked\n");
  pclose(running);
  EXPECT_TRUE(folder.content("program") == before);
  EXPECT_EQ(server.accepted(), 0);
}

TEST_F(race_output, ARaceThatNobodyWinsLeavesTheFileAsItIs) {
  const scratch folder;
  std::ofstream(folder.path("file")) << "before";
  EXPECT_EQ(race("-o " + folder.path("file") + " " + nobody.url()).code, 7);
  EXPECT_EQ(folder.content("file"), "before");
  EXPECT_EQ(race("-o " + folder.path("new") + " " + nobody.url()).code, 7);
  EXPECT_FALSE(std::filesystem::exists(folder.path("new")));
}

TEST_F(race_output, AHeaderWithALineBreakIsNotSent) {
  expect_failure(race("-H \"$(printf 'X: a\\nInjected: b')\" " + url("/quick")), 43,
                 "leash: " + url("/quick") +
                     ": the header \"X\" cannot be sent: a name is one word, and neither name "
                     "nor value has line breaks\n");
  EXPECT_EQ(server.accepted(), 0);
}

TEST_F(race_output, AUrlWithoutASchemeIsHttp) {
  const outcome won = race(url("/quick").substr(7));
  EXPECT_EQ(won.code, 0) << won.err;
  EXPECT_EQ(won.out, "quick");
}

TEST_F(race_output, AUrlMayHoldAnIpV6Address) {
  const std::string port = std::to_string(server.port());
  const outcome won = race("'http://[::ffff:127.0.0.1]:" + port + "/quick'");
  EXPECT_EQ(won.code, 0) << won.err;
  EXPECT_EQ(won.out, "quick");
}

TEST_F(race_output, OptionsThatMeanNothingAreRefusedBeforeAnybodyIsAsked) {
  const std::string quick = " " + url("/quick");
  const std::string time = " is not a time such as 50ms, 1.5s or 0.";
  for (const std::string& delay : {"-5ms", "3x", "5", "inf", "ms", "1e9s"})
    expect_refused("--hedge-delay=" + delay + quick, "--hedge-delay: " + delay + time);
  const std::string list = " is not a list of statuses such as 200-399,404.";
  for (const std::string& accept : {"400-200", "20", "200-", "200,", "2000", "all"})
    expect_refused("--accept " + accept + quick, "--accept: " + accept + list);
  const std::string limit = " is not a number of seconds such as 2 or 0.5 (0: no limit).";
  for (const std::string& seconds : {"-1", "nan", "inf", "1s", "soon"}) {
    expect_refused("-m " + seconds + quick, "--max-time: " + seconds + limit);
    expect_refused("--connect-timeout " + seconds + quick, "--connect-timeout: " + seconds + limit);
  }
  expect_refused("-H name" + quick, "-H: name is not a header such as 'Name: value'.");
  expect_refused("-d @/nowhere/file" + quick, "-d: the file /nowhere/file cannot be read.");
}

TEST_F(race_output, AnOptionThatIsNotKnownIsNamedWithTheOneThatMayBeMeant) {
  expect_refused("--hedge-dely=5ms " + url("/quick"),
                 "race has no option --hedge-dely. Did you mean --hedge-delay?");
  expect_refused("", "race needs an argument: URL.");
}

}  // namespace
}  // namespace leash::test
