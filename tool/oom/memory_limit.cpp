#include "oom/memory_limit.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace leash::tool {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view prefix = "leash-demo-";

struct hierarchy {
  int version;
  const char* limit;   // the file that takes it
  const char* swap;    // takes a 0, so that the rest is not swapped out
  const char* events;  // where kills are counted
};
constexpr hierarchy version_1{1, "memory.limit_in_bytes", "memory.swappiness",
                              "memory.oom_control"};
constexpr hierarchy version_2{2, "memory.max", "memory.swap.max", "memory.events"};

bool write_file(const fs::path& path, std::string_view text) {
  const int file = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool good = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  close(file);
  return good;
}

// The number after `key` in a file of such lines.
std::optional<std::uint64_t> value_of(const fs::path& path, std::string_view key) {
  std::ifstream lines(path);
  std::string word;
  std::uint64_t value = 0;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    if (words >> word >> value && word == key) return value;
  }
  return std::nullopt;
}

bool has_word(std::string_view list, std::string_view word) {
  return ("," + std::string(list) + ",").find("," + std::string(word) + ",") != std::string::npos;
}

// Where this process stands in the hierarchy, as /proc/self/cgroup says it: 4:memory:/here, 0::/here.
std::optional<std::string> own_path(const hierarchy& wanted) {
  std::ifstream lines("/proc/self/cgroup");
  for (std::string line; std::getline(lines, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    if (wanted.version == 2 ? controllers.empty() : has_word(controllers, "memory"))
      return line.substr(second + 1);
  }
  return std::nullopt;
}

// Where the hierarchy is mounted, and which of its folders is seen there.
struct mounted {
  std::string point;
  std::string root;
};

std::optional<mounted> mount_of(const hierarchy& wanted) {
  std::ifstream lines("/proc/self/mountinfo");
  for (std::string line; std::getline(lines, line);) {
    const std::size_t dash = line.find(" - ");
    if (dash == std::string::npos) continue;
    std::istringstream front(line);
    std::istringstream back(line.substr(dash + 3));
    std::string skipped;
    std::string type;
    std::string options;
    mounted found;
    front >> skipped >> skipped >> skipped >> found.root >> found.point;
    back >> type >> skipped >> options;
    if (wanted.version == 2 ? type == "cgroup2" : type == "cgroup" && has_word(options, "memory"))
      return found;
  }
  return std::nullopt;
}

void remove_left_over(const fs::path& folder) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename();
    if (!name.starts_with(prefix)) continue;
    pid_t owner = 0;
    std::from_chars(name.data() + prefix.size(), name.data() + name.size(), owner);
    if (owner > 0 && kill(owner, 0) != 0 && errno == ESRCH) rmdir(entry.path().c_str());
  }
}

// The new group's folder, or an empty string.
std::string make_group(const hierarchy& wanted, std::size_t bytes, const std::string& name) {
  const auto mount = mount_of(wanted);
  std::optional<std::string> path = own_path(wanted);
  if (!mount || !path) return {};
  if (mount->root != "/" && path->starts_with(mount->root)) path->erase(0, mount->root.size());
  const fs::path top = mount->point;
  fs::path folder = (top / fs::path(*path).relative_path()).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();
  for (;; folder = folder.parent_path()) {
    remove_left_over(folder);
    const fs::path group = folder / fmt::format("{}{}-{}", prefix, getpid(), name);
    if (mkdir(group.c_str(), 0755) == 0) {
      if (write_file(group / wanted.limit, std::to_string(bytes))) {
        write_file(group / wanted.swap, "0");  // there only where the kernel can swap
        return group;
      }
      rmdir(group.c_str());
    }
    if (folder == top || folder == folder.parent_path()) return {};
  }
}

}  // namespace

memory_limit memory_limit::of(std::size_t bytes, const std::string& name) {
  for (const hierarchy* each : {&version_2, &version_1})
    if (std::string folder = make_group(*each, bytes, name); !folder.empty())
      return {std::move(folder), each->version};
  return {};
}

memory_limit::memory_limit(memory_limit&& other) noexcept
    : folder_(std::move(other.folder_)), version_(std::exchange(other.version_, 0)) {}

memory_limit::~memory_limit() {
  if (!limits()) return;
  // The kernel takes a moment to see that the last process is gone.
  for (int tries = 0; rmdir(folder_.c_str()) != 0 && errno == EBUSY && tries < 200; ++tries)
    usleep(1000);
}

bool memory_limit::enter() const noexcept {
  return limits() && write_file(fs::path(folder_) / "cgroup.procs", "0");
}

std::uint64_t memory_limit::kills() const {
  if (!limits()) return 0;
  const hierarchy& own = version_ == 2 ? version_2 : version_1;
  return value_of(fs::path(folder_) / own.events, "oom_kill").value_or(0);
}

std::size_t resident_bytes(pid_t process) {
  std::size_t size = 0;
  std::size_t resident = 0;
  std::size_t shared = 0;
  std::ifstream(fmt::format("/proc/{}/statm", process)) >> size >> resident >> shared;
  // The kernel does not count them in one moment.
  return (resident - std::min(shared, resident)) * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

std::size_t available_bytes() {
  const auto kib = value_of("/proc/meminfo", "MemAvailable:");
  return kib ? *kib << 10 : std::numeric_limits<std::size_t>::max();
}

}  // namespace leash::tool
