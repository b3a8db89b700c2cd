#include "bench/gnuplot.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

namespace leash::tool {
namespace {

// A nameless file in memory: unlike a pipe it never fills up, so nobody has to write and read at once.
class memory_file {
 public:
  explicit memory_file(std::string_view content = {})
      : file_(memfd_create("gnuplot", MFD_CLOEXEC)) {
    if (file_ < 0) throw std::system_error(errno, std::generic_category(), "memfd_create");
    while (!content.empty()) {
      const ssize_t written = write(file_, content.data(), content.size());
      if (written < 0) {
        const int why = errno;
        close(file_);
        throw std::system_error(why, std::generic_category(), "a file in memory");
      }
      content.remove_prefix(static_cast<std::size_t>(written));
    }
    lseek(file_, 0, SEEK_SET);
  }
  memory_file(const memory_file&) = delete;
  memory_file& operator=(const memory_file&) = delete;
  ~memory_file() { close(file_); }

  int descriptor() const noexcept { return file_; }
  std::string content() const {
    std::string text;
    std::array<char, 16384> piece{};
    lseek(file_, 0, SEEK_SET);
    for (ssize_t size = 0; (size = read(file_, piece.data(), piece.size())) > 0;)
      text.append(piece.data(), static_cast<std::size_t>(size));
    return text;
  }

 private:
  int file_;
};

// Runs it with these as its standard streams; its exit status, or an errno as a negative number.
int run_gnuplot(int in, int out, int err) {
  posix_spawn_file_actions_t streams{};
  posix_spawn_file_actions_init(&streams);
  posix_spawn_file_actions_adddup2(&streams, in, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&streams, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&streams, err, STDERR_FILENO);
  // -d: whatever the user's own settings are.
  const std::array<const char*, 3> words{"gnuplot", "-d", nullptr};
  pid_t process = 0;
  const int failure = posix_spawnp(&process, words[0], &streams, nullptr,
                                   const_cast<char* const*>(words.data()), environ);
  posix_spawn_file_actions_destroy(&streams);
  if (failure != 0) return -failure;
  int status = 0;
  while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

void demand_gnuplot() { gnuplot(""); }

std::string gnuplot(const std::string& script) {
  const memory_file in(script);
  const memory_file out;
  const memory_file err;
  const int ended = run_gnuplot(in.descriptor(), out.descriptor(), err.descriptor());
  if (ended == -ENOENT)
    throw std::runtime_error(
        "gnuplot, which draws the picture, is not installed: apt-get install gnuplot-nox");
  if (ended < 0)
    throw std::runtime_error(fmt::format("gnuplot, which draws the picture, cannot be run: {}",
                                         std::generic_category().message(-ended)));
  if (ended != 0) {
    std::string words = err.content();
    words.erase(words.find_last_not_of(" \n") + 1);
    throw std::runtime_error(
        fmt::format("gnuplot could not draw the picture (exit code {}): {}", ended, words));
  }
  return out.content();
}

}  // namespace leash::tool
