#pragma once

#include <string>

namespace leash::test {

struct outcome {
  int code = -1;
  std::string out;
  std::string err;
};

// Runs the built command through the shell; `arguments` may redirect.
outcome run_command(const std::string& arguments, const std::string& environment = "LC_ALL=C");

}  // namespace leash::test
