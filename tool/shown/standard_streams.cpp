#include "shown/standard_streams.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <initializer_list>
#include <string>

namespace leash::tool {

void occupy_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(stream, F_GETFD) >= 0 || errno != EBADF) continue;
    // The lowest free descriptor is this one. Opened the wrong way round: whoever uses it is told.
    open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

output_failure::output_failure(int error)
    : std::runtime_error(std::string("cannot write to standard output: ") + write_failure(error)) {}

void flush_standard_output() {
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) throw output_failure(errno);
}

const char* write_failure(int error) {
  return error == EBADF ? "it is closed" : std::strerror(error);
}

}  // namespace leash::tool
