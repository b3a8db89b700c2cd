#include "shown/chart.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace leash::tool {
namespace {

constexpr std::size_t label_columns = 9;
constexpr std::size_t gutter = label_columns + 2;  // " ┤"

constexpr std::array<std::string_view, 9> blocks{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

std::string blanks_beside(std::string_view text, std::size_t columns) {
  const std::size_t width = display_width(text);
  return std::string(width < columns ? columns - width : 0, ' ');
}

std::string right_aligned(std::string_view text, std::size_t columns) {
  return blanks_beside(text, columns).append(text);
}

// The curve in eighths of a row, a number a column, as far as it goes.
std::vector<int> heights_of(const chart& what, std::size_t columns, std::size_t rows) {
  std::vector<int> heights;
  if (what.points.empty() || what.x_end <= 0 || what.y_end <= 0) return heights;
  const int full = static_cast<int>(rows * 8);
  auto next = what.points.begin();
  double y = next->y;
  const auto edge = [&](std::size_t column) {
    return what.x_end * static_cast<double>(column) / static_cast<double>(columns);
  };
  for (std::size_t i = 0; i < columns && edge(i) < what.points.back().x; ++i) {
    for (; next != what.points.end() && next->x <= edge(i + 1); ++next) y = next->y;
    const auto height = static_cast<int>(std::lround(y / what.y_end * full));
    // What is there is seen, however little it is.
    heights.push_back(std::clamp(height, y > 0 ? 1 : 0, full));
  }
  return heights;
}

}  // namespace

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xc0) == 0x80) continue;
    // Chinese characters and punctuation, from U+3000 to U+9FFF, and the full-width forms at U+FF00.
    const auto second = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0U;
    const bool wide = (byte >= 0xe3 && byte <= 0xe9) || (byte == 0xef && second >= 0xbc);
    width += wide ? 2 : 1;
  }
  return width;
}

std::vector<std::string> draw(const chart& what, std::size_t columns, std::size_t rows) {
  const std::size_t across = std::max(columns, gutter + 8) - gutter;
  const std::vector<int> heights = heights_of(what, across - (what.cut_off ? 1 : 0), rows);
  const std::string title = std::string(gutter, ' ') + what.title;
  std::vector<std::string> lines{title + blanks_beside(title, columns)};
  for (std::size_t row = 0; row < rows; ++row) {
    const int floor = static_cast<int>((rows - 1 - row) * 8);
    std::string line = right_aligned(row == 0 ? what.y_label : "", label_columns);
    line += row == 0 ? " ┤" : " │";
    for (const int height : heights)
      line += blocks[static_cast<std::size_t>(std::clamp(height - floor, 0, 8))];
    if (what.cut_off && !heights.empty())
      line += heights.back() > floor && heights.back() <= floor + 8 ? "✗" : " ";
    lines.push_back(line + blanks_beside(line, columns));
  }
  std::string axis = right_aligned("0", label_columns) + " └";
  const std::size_t label = std::min(across, display_width(what.x_label) + 1);
  for (std::size_t i = label; i < across; ++i) axis += "─";
  lines.push_back(axis + " " + what.x_label);
  return lines;
}

}  // namespace leash::tool
