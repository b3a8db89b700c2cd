#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace leash::tool {

// A control group of the kernel (version 2 or 1) that holds one process to so much memory, without swap.
// RLIMIT_AS and RLIMIT_DATA are no use here: leash reserves its address space at once, and both count it.
//
// The group is made below the one that this process is in, or the nearest above where it may make one.
// It is gone with this object; one that a killed process left is removed by the next that is made.
class memory_limit {
 public:
  memory_limit() = default;  // limits nothing
  memory_limit(memory_limit&& other) noexcept;
  memory_limit& operator=(memory_limit&&) = delete;
  // The process in it must have ended, and been waited for.
  ~memory_limit();

  // Limits nothing where control groups cannot be used; `name` tells groups of one process apart.
  static memory_limit of(std::size_t bytes, const std::string& name);

  bool limits() const noexcept { return version_ != 0; }
  int version() const noexcept { return version_; }
  // Puts the calling process into the group; false: it could not.
  bool enter() const noexcept;
  // How many processes the kernel has killed in it.
  std::uint64_t kills() const;

 private:
  memory_limit(std::string folder, int version) : folder_(std::move(folder)), version_(version) {}

  std::string folder_;
  int version_ = 0;
};

// What the process holds of the machine's memory, without the files that it maps; 0 when it has ended.
std::size_t resident_bytes(pid_t process);

// What the machine can give without taking it from somebody.
std::size_t available_bytes();

}  // namespace leash::tool
