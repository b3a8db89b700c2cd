#pragma once

#include <filesystem>
#include <string_view>

namespace leash::tool {

// Why a file that is to be written later could not be written now: an errno, or 0. Leaves the file, and
// its folder, as they are.
int obstacle_to_writing(const std::filesystem::path& path);

// Makes it, or replaces what stood there: an errno, or 0.
int write_file(const std::filesystem::path& path, std::string_view content);

}  // namespace leash::tool
