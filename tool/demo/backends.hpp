#pragma once

#include <sys/types.h>

#include <array>
#include <chrono>
#include <string>

namespace leash::tool {

struct backend {
  std::string name;
  std::chrono::milliseconds time{0};  // from a request to its answer
  std::string url;
};

// Two HTTP servers on free loopback ports, each of which answers with its name after its time. They run
// in a process of their own, so that the goroutines and the memory of this one are the racers' alone.
// Made before this process has threads. The process ends with this object, or with its parent.
class backends {
 public:
  backends(backend quick, backend slow);
  backends(backends&&) = delete;
  ~backends();

  const backend& google() const noexcept { return both_[0]; }
  const backend& bing() const noexcept { return both_[1]; }

 private:
  std::array<backend, 2> both_;
  pid_t process_ = -1;
};

}  // namespace leash::tool
