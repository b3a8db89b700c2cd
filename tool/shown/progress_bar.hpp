#pragma once

#include <cstddef>
#include <string>

namespace leash::tool {

// A bar that shows how far something is, with a remark behind it, in so many columns of a terminal:
// ██████▌        44 %  the remark
std::string progress_bar(double share, const std::string& remark, std::size_t columns);

}  // namespace leash::tool
