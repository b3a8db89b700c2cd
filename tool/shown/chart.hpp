#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace leash::tool {

// A curve for a terminal: the area under it in block characters, which can be read without colour.
struct chart {
  struct point {
    double x;
    double y;
  };

  std::string title;
  std::vector<point> points;  // by rising x
  double x_end = 1;           // of the axis, which begins at 0
  double y_end = 1;
  std::string x_label;  // what x_end and y_end are called
  std::string y_label;
  bool cut_off = false;  // the last point is a death
};

// Its lines, each `columns` wide: the title, `rows` of the area, the axis.
std::vector<std::string> draw(const chart& what, std::size_t columns, std::size_t rows);

// How many columns a text takes in a terminal.
std::size_t display_width(std::string_view text);

}  // namespace leash::tool
