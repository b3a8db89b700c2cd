#pragma once

#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>

#include "support/wait_until.hpp"

namespace leash::test {

// Whether every other thread of this process sleeps in the kernel.
inline bool all_other_threads_sleep() {
  const std::string own = std::to_string(gettid());
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
    if (thread.path().filename() == own) continue;
    std::string line;
    std::getline(std::ifstream(thread.path() / "stat"), line);
    const std::size_t name_end = line.rfind(") ");
    if (name_end != std::string::npos && line.compare(name_end + 2, 1, "S") != 0) return false;
  }
  return true;
}

// Until that holds a few times in a row: a worker that looks for work may sleep for a moment
// before it rests.
inline bool wait_until_all_other_threads_sleep() {
  int times = 0;
  return wait_until([&times] {
    times = all_other_threads_sleep() ? times + 1 : 0;
    return times == 5;
  });
}

}  // namespace leash::test
