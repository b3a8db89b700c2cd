#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tool/pseudo_terminal.hpp"

// How `leash demo --oom` looks in a terminal.

namespace leash::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// In columns of a terminal: what the demo says has Chinese characters, which take two, and narrow ones.
std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x80) ++width;
    if (byte < 0xc0) continue;
    const std::string_view first = text.substr(i, 3);
    width += (first >= "\u3000" && first <= "\u9fff") || (first >= "\uff00" && first <= "\uff60")
                 ? 2
                 : 1;
  }
  return width;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream all(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(all, line);) lines.push_back(line);
  return lines;
}

bool is_drawn(std::string_view line) {
  for (const char* piece : {"┤", "│", "└"})
    if (line.find(piece) != line.npos) return true;
  return false;
}

// The columns in which a line's axes stand.
std::vector<std::size_t> axes_of(const std::string& line) {
  std::vector<std::size_t> columns;
  for (std::size_t i = 0; i < line.size(); ++i)
    for (const char* piece : {"┤", "│", "└"})
      if (line.compare(i, std::string_view(piece).size(), piece) == 0)
        columns.push_back(width_of(std::string_view(line).substr(0, i)));
  return columns;
}

std::string without_colours(const std::string& text) {
  static const std::regex escapes("\033\\[[0-9;]*m");
  return std::regex_replace(text, escapes, "");
}

const std::string quick_oom_demo = "demo --oom --quick --limit 16M ";

TEST(DemoOomTerminal, TheCurvesStandBesideEachOtherWhateverTheirTitles) {
  for (const auto& [language, title] : {std::pair{"en", "resident memory"}, {"zh", "常驻内存"}}) {
    const std::string text = pseudo_terminal(80).written_by(quick_oom_demo + "--lang " + language,
                                                            "NO_COLOR= TERM=xterm");
    EXPECT_THAT(text, HasSubstr("\033[31m")) << "the leaky service is red";
    EXPECT_THAT(text, HasSubstr("\033[32m")) << "the cured one is green";
    const std::string plain = without_colours(text);
    EXPECT_THAT(plain, Not(HasSubstr("\033")));
    std::size_t drawn = 0;
    for (const std::string& line : lines_of(plain)) {
      EXPECT_LE(width_of(line), 80U) << line;
      const std::size_t titled = line.find(title);
      if (titled != line.npos && line.starts_with("           "))
        EXPECT_EQ(width_of(std::string_view(line).substr(0, titled)), 51U) << line;
      if (!is_drawn(line)) continue;
      ++drawn;
      EXPECT_EQ(axes_of(line), (std::vector<std::size_t>{10, 50})) << line;
    }
    EXPECT_EQ(drawn, 2 * 6U) << plain;
  }
}

TEST(DemoOomTerminal, TheCurvesStandUnderEachOtherWhereItIsNarrow) {
  using width = unsigned short;
  for (const width columns : {width{24}, width{40}, width{59}}) {
    const std::string text = without_colours(
        pseudo_terminal(columns).written_by(quick_oom_demo + "--lang zh", "TERM=xterm"));
    std::size_t drawn = 0;
    for (const std::string& line : lines_of(text)) {
      if (!is_drawn(line)) continue;
      ++drawn;
      EXPECT_LE(width_of(line), columns) << line;
      EXPECT_EQ(axes_of(line), std::vector<std::size_t>{10}) << line;
    }
    EXPECT_EQ(drawn, 4 * 6U) << text;
  }
}

TEST(DemoOomTerminal, WritesNoEscapeCodesWhereTheyAreNotWanted) {
  for (const char* environment : {"TERM=dumb", "NO_COLOR=1 TERM=xterm", "TERM="})
    EXPECT_THAT(pseudo_terminal(80).written_by(quick_oom_demo, environment), Not(HasSubstr("\033")))
        << environment;
}

}  // namespace
}  // namespace leash::test
