#include "tool/command.hpp"

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace leash::test {
namespace {

std::string take(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  std::filesystem::remove(path);
  return text;
}

}  // namespace

outcome run_command(const std::string& arguments, const std::string& environment) {
  const std::string stem = testing::TempDir() + "leash_command_" + std::to_string(getpid());
  const std::string line = environment + " " LEASH_COMMAND " >" + stem + ".out 2>" + stem +
                           ".err </dev/null " + arguments;
  const int status = std::system(line.c_str());
  outcome result;
  result.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  result.out = take(stem + ".out");
  result.err = take(stem + ".err");
  return result;
}

}  // namespace leash::test
