#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "corpus/runner/marks.hpp"

namespace {

using corpus::mark;
using corpus::marks_in;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string source =
    "namespace leaky {\n"
    "task<> program() {\n"
    "  go(a);  // leaks: chan send\n"
    "  go(b);  // leaks: select, sync.Mutex.Lock\n"
    "  go(c);  // suspect: sleep\n"
    "}\n"
    "}  // namespace leaky\n"
    "namespace fixed {\n"
    "task<> program() { go(a); }\n"
    "}  // namespace fixed\n";

TEST(CorpusMarks, NameALineAndAReasonEach) {
  EXPECT_THAT(marks_in(source, "leaky", "a.cpp").all,
              ElementsAre(mark{3, "chan send", false}, mark{4, "select", false},
                          mark{4, "sync.Mutex.Lock", false}, mark{5, "sleep", true}));
}

TEST(CorpusMarks, AreThoseOfTheirNamespace) {
  EXPECT_THAT(marks_in(source, "fixed", "a.cpp").all, IsEmpty());
  EXPECT_EQ(marks_in(source, "leaky", "a.cpp").main_line, 2U);
  EXPECT_EQ(marks_in(source, "fixed", "a.cpp").main_line, 9U);
}

TEST(CorpusMarks, OfAnUnknownReasonAreAnErrorThatNamesThePlace) {
  try {
    marks_in("namespace leaky {\n  go(a);  // leaks: chan sent\n", "leaky", "a.cpp");
    FAIL() << "\"chan sent\" is no reason";
  } catch (const std::runtime_error& wrong) {
    EXPECT_THAT(wrong.what(), HasSubstr("a.cpp:2"));
    EXPECT_THAT(wrong.what(), HasSubstr("chan sent"));
  }
}

}  // namespace
