#pragma once

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

#include "tool/command.hpp"

namespace leash::test {

// A pseudo-terminal of so many columns, and what a command wrote there.
class pseudo_terminal {
 public:
  explicit pseudo_terminal(unsigned short columns)
      : reader_(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    const winsize size{.ws_row = 24, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
    std::array<char, 64> name{};
    if (reader_ < 0 || grantpt(reader_) != 0 || unlockpt(reader_) != 0 ||
        ptsname_r(reader_, name.data(), name.size()) != 0)
      throw std::system_error(errno, std::generic_category(), "pseudo-terminal");
    writer_ = open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (writer_ < 0 || ioctl(writer_, TIOCSWINSZ, &size) != 0)
      throw std::system_error(errno, std::generic_category(), "pseudo-terminal");
  }
  pseudo_terminal(const pseudo_terminal&) = delete;
  pseudo_terminal& operator=(const pseudo_terminal&) = delete;
  ~pseudo_terminal() {
    close_writer();
    close(reader_);
  }

  // Runs it there to its end; what it wrote, with no carriage returns.
  std::string written_by(const std::string& arguments, const std::string& environment) {
    running_command command(arguments, environment, writer_);
    close_writer();  // what is read ends with the command then
    std::string text;
    std::array<char, 4096> piece{};
    for (ssize_t size = 0; (size = read(reader_, piece.data(), piece.size())) > 0;)
      text.append(piece.data(), static_cast<std::size_t>(size));
    const outcome ended = command.wait();
    EXPECT_EQ(ended.code, 0) << ended.err;
    std::erase(text, '\r');
    return text;
  }

 private:
  void close_writer() {
    if (writer_ >= 0) close(writer_);
    writer_ = -1;
  }

  int reader_;
  int writer_ = -1;
};

}  // namespace leash::test
