#include "http/debug/process_figures.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <system_error>

namespace leash::http {
namespace {

// What follows the program's name, which may contain anything, in /proc/self/stat: the third field and those after it.
std::istringstream status_after_name() {
  std::ifstream file("/proc/self/stat");
  const std::string all{std::istreambuf_iterator<char>(file), {}};
  const auto bracket = all.rfind(')');
  return std::istringstream(bracket == std::string::npos ? std::string() : all.substr(bracket + 1));
}

// When the machine was started, since 1970.
std::optional<double> boot_time() {
  std::ifstream file("/proc/stat");
  for (std::string word; file >> word;)
    if (double seconds = 0; word == "btime" && file >> seconds) return seconds;
  return std::nullopt;
}

void read_status(process_figures& into) {
  constexpr int threads = 20;
  constexpr int start_time = 22;
  constexpr int virtual_bytes = 23;
  constexpr int resident_pages = 24;
  std::istringstream fields = status_after_name();
  std::string field;
  for (int number = 3; number <= resident_pages && fields >> field; ++number) {
    const auto value = [&field] { return std::stod(field); };
    if (number == threads) into.threads = value();
    if (number == virtual_bytes) into.virtual_bytes = value();
    if (number == resident_pages)
      into.resident_bytes = value() * static_cast<double>(sysconf(_SC_PAGESIZE));
    if (number == start_time)
      if (const auto boot = boot_time())
        into.start_time = *boot + value() / static_cast<double>(sysconf(_SC_CLK_TCK));
  }
}

double seconds_of(const timeval& time) {
  constexpr double microsecond = 1e-6;
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * microsecond;
}

}  // namespace

process_figures read_process_figures() {
  process_figures figures;
  rusage used{};
  if (getrusage(RUSAGE_SELF, &used) == 0)
    figures.cpu_seconds = seconds_of(used.ru_utime) + seconds_of(used.ru_stime);
  read_status(figures);
  std::error_code failure;
  const std::filesystem::directory_iterator files("/proc/self/fd", failure);
  // One of them is the folder that is being read.
  if (!failure)
    figures.open_files = static_cast<double>(std::distance(begin(files), end(files)) - 1);
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
    figures.most_open_files = static_cast<double>(limit.rlim_cur);
  return figures;
}

}  // namespace leash::http
