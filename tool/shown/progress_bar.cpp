#include "shown/progress_bar.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include <fmt/format.h>

#include "shown/chart.hpp"

namespace leash::tool {
namespace {

constexpr std::size_t widest_bar = 40;
constexpr std::array<std::string_view, 9> eighths{" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};

}  // namespace

std::string progress_bar(double share, const std::string& remark, std::size_t columns) {
  share = std::clamp(share, 0.0, 1.0);
  const std::string percent = fmt::format(" {:3.0f} %", std::floor(share * 100));
  std::string behind = percent + "  " + remark;
  if (display_width(behind) > columns) behind = percent;
  const std::size_t width = display_width(behind);
  const std::size_t bar = std::min(columns > width ? columns - width : 0, widest_bar);
  const auto filled = static_cast<std::size_t>(share * static_cast<double>(bar * 8));
  std::string line;
  for (std::size_t i = 0; i < bar; ++i)
    line += eighths[filled > i * 8 ? std::min<std::size_t>(filled - i * 8, 8) : 0];
  return line + behind;
}

}  // namespace leash::tool
