#include "tool/command.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <system_error>

#include "support/wait_until.hpp"

namespace leash::test {
namespace {

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::filesystem::path new_folder() {
  std::string name = (std::filesystem::temp_directory_path() / "leash-command-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr)
    throw std::system_error(errno, std::generic_category(), name);
  std::filesystem::create_directory(std::filesystem::path(name) / "here");
  return name;
}

// What a child process starts with.
class spawning {
 public:
  spawning() {
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  }
  spawning(const spawning&) = delete;
  spawning& operator=(const spawning&) = delete;
  ~spawning() {
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
  }
  void open(int descriptor, const std::filesystem::path& path, int flags) {
    posix_spawn_file_actions_addopen(&files, descriptor, path.c_str(), flags, 0600);
  }

  posix_spawn_file_actions_t files{};
  posix_spawnattr_t attributes{};
};

}  // namespace

running_command::running_command(const std::string& arguments, const std::string& environment,
                                 int out)
    : folder_(new_folder()) {
  constexpr int to_write = O_CREAT | O_WRONLY | O_APPEND;
  const std::string here = folder_ / "here";
  spawning how;
  how.open(0, "/dev/null", O_RDONLY);
  if (out == captured)
    how.open(1, folder_ / "out", to_write);
  else
    posix_spawn_file_actions_adddup2(&how.files, out, 1);
  how.open(2, folder_ / "err", to_write);
  posix_spawn_file_actions_addchdir_np(&how.files, here.c_str());
  // exec all the way: the process is the command, and signals reach it.
  std::string line =
      "exec env TMPDIR='" + here + "' " + environment + " " LEASH_COMMAND " " + arguments;
  std::array<char*, 4> words{const_cast<char*>("sh"), const_cast<char*>("-c"), line.data(),
                             nullptr};
  const int failure =
      posix_spawn(&process_, "/bin/sh", &how.files, &how.attributes, words.data(), environ);
  if (failure != 0) throw std::system_error(failure, std::generic_category(), "/bin/sh");
}

running_command::~running_command() {
  if (process_ != 0) {
    kill(-process_, SIGKILL);
    waitpid(process_, nullptr, 0);
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

bool running_command::has_said(std::string_view text) const {
  return content(folder_ / "err").find(text) != std::string::npos;
}

bool running_command::has_printed(std::string_view text) const {
  return content(folder_ / "out").find(text) != std::string::npos;
}

void running_command::send_signal(int signal) const { kill(process_, signal); }

outcome running_command::wait() {
  int status = 0;
  const auto ended = [&] { return waitpid(process_, &status, WNOHANG) == process_; };
  if (!wait_until(ended)) {
    kill(-process_, SIGKILL);
    waitpid(process_, &status, 0);
  }
  outcome result;
  result.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  result.out = content(folder_ / "out");
  result.err = content(folder_ / "err");
  for (const auto& file : std::filesystem::directory_iterator(folder_ / "here"))
    result.left.push_back(file.path().filename());
  const auto alone = [&] {
    while (waitpid(-process_, nullptr, WNOHANG) > 0) {  // orphans, where this process inherits them
    }
    return kill(-process_, 0) != 0;
  };
  if (!wait_until(alone)) result.left.emplace_back("a process");
  process_ = 0;
  return result;
}

outcome run_command(const std::string& arguments, const std::string& environment) {
  return running_command(arguments, environment).wait();
}

}  // namespace leash::test
