#pragma once

#include <optional>

namespace leash::http {

// What the kernel says of this process; in seconds, bytes and pieces. Empty: it does not say.
struct process_figures {
  double cpu_seconds = 0;
  std::optional<double> start_time;  // since 1970
  std::optional<double> resident_bytes;
  std::optional<double> virtual_bytes;
  std::optional<double> threads;
  std::optional<double> open_files;
  std::optional<double> most_open_files;
};

process_figures read_process_figures();

}  // namespace leash::http
