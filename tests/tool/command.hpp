#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace leash::test {

struct outcome {
  int code = -1;  // 128 and more: the signal that ended it
  std::string out;
  std::string err;
  // What it left behind: files in the folder that it ran in (its TMPDIR, too), and processes.
  std::vector<std::string> left;
};

// The built command, started through the shell; `arguments` may redirect. It runs in a new folder and a
// process group of its own, which are gone with this object.
class running_command {
 public:
  static constexpr int captured = -1;
  // out: the descriptor that becomes its stdout; it has what it writes there captured otherwise.
  explicit running_command(const std::string& arguments,
                           const std::string& environment = "LC_ALL=C", int out = captured);
  ~running_command();
  running_command(const running_command&) = delete;
  running_command& operator=(const running_command&) = delete;

  // Whether it has said that on stderr by now.
  bool has_said(std::string_view text) const;
  // The same of stdout.
  bool has_printed(std::string_view text) const;
  void send_signal(int signal) const;
  pid_t process() const noexcept { return process_; }
  // Waits for its end; after a minute it is killed. What it started has another second to follow it.
  outcome wait();

 private:
  std::filesystem::path folder_;
  pid_t process_ = 0;  // 0: has ended
};

// Runs the built command to its end.
outcome run_command(const std::string& arguments, const std::string& environment = "LC_ALL=C");

}  // namespace leash::test
