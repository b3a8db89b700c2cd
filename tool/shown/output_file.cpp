#include "shown/output_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

namespace leash::tool {

int obstacle_to_writing(const std::filesystem::path& path) {
  std::error_code missing;
  const auto kind = std::filesystem::status(path, missing).type();
  if (kind == std::filesystem::file_type::not_found) {
    const auto folder = path.has_parent_path() ? path.parent_path() : ".";
    return access(folder.c_str(), W_OK | X_OK) == 0 ? 0 : errno;
  }
  // Opening a pipe would wait for its reader.
  if (kind == std::filesystem::file_type::fifo) return 0;
  const int file = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (file < 0) return errno;
  close(file);
  return 0;
}

int write_file(const std::filesystem::path& path, std::string_view content) {
  std::FILE* const file = std::fopen(path.c_str(), "wbe");
  if (file == nullptr) return errno;
  const bool good = std::fwrite(content.data(), 1, content.size(), file) == content.size() &&
                    std::fflush(file) == 0;
  const int why = good ? 0 : errno;
  std::fclose(file);
  return why;
}

}  // namespace leash::tool
