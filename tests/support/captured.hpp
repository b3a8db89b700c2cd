#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

namespace leash::test {

// Captures what is written to stderr while it lives, and shows it also before the end.
class captured_stderr {
 public:
  captured_stderr() { ::testing::internal::CaptureStderr(); }
  captured_stderr(const captured_stderr&) = delete;
  ~captured_stderr() { ::testing::internal::GetCapturedStderr(); }

  // So far. Any thread.
  static std::string text() {
    // The file is opened anew, so its place for writing stays.
    std::ifstream file("/proc/self/fd/2");
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static bool has(const std::string& part) { return text().find(part) != std::string::npos; }
};

}  // namespace leash::test
