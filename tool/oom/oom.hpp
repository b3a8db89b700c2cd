#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "oom/oom_texts.hpp"
#include "oom/racing_service.hpp"

// `leash demo --oom`: the article's service under a memory limit, leaky and cured.

namespace leash::tool {

struct oom_options {
  bool quick = false;
  bool json = false;
  bool chinese = false;
  bool use_group = true;  // false: the watcher, even where a control group could be made
  std::size_t limit = std::size_t{256} << 20;
};

struct oom_sample {
  std::chrono::nanoseconds at{0};  // since the service began
  std::uint64_t races = 0;
  std::uint64_t goroutines = 0;
  std::uint64_t live_bytes = 0;      // of goroutines, as leash counts them
  std::uint64_t resident_bytes = 0;  // of the process, as the kernel counts them
};

// What one service came to.
struct oom_trial {
  service_plan plan;
  service_end end = service_end::failed;
  int group_version = 0;  // of the control group that held it; 0: none did
  std::uint64_t kernel_kills = 0;
  std::uint64_t goroutines_before = 0;
  std::vector<oom_sample> samples;  // the last one: what it had when it ended

  std::chrono::nanoseconds lasted() const { return samples.back().at; }
  double races_a_second() const;
  std::uint64_t most_resident() const;
};

struct oom_report {
  std::size_t limit = 0;
  oom_trial leaky;
  oom_trial cured;

  bool as_expected() const;
};

// Ctrl-C and its like came while a trial ran. The service is gone.
class interrupted : public std::runtime_error {
 public:
  explicit interrupted(int signal) : std::runtime_error("interrupted"), signal_(signal) {}
  int signal() const noexcept { return signal_; }

 private:
  int signal_;
};

// Runs one service to its end; `watch` is shown each sample. Throws interrupted.
oom_trial try_service(const service_plan& plan, const oom_options& options,
                      const std::function<void(const oom_sample&)>& watch);

// What a goroutine that leaked cost the process, from the slope of its memory; 0 where it has none.
double bytes_per_leaked(const oom_trial& leaky);

inline constexpr double go_bytes_per_leaked = 2800;  // Go 1.27, resident
inline constexpr double gigabyte = 1 << 30;
// How long a gigabyte lasts when 1000 of so many bytes leak a second.
inline double seconds_of_a_gigabyte(double bytes) { return gigabyte / (1000 * bytes); }

void print_beginning(const oom_texts& say, const oom_options& options);
void print_trial(const oom_texts& say, const oom_report& report, bool cured);
void print_end(const oom_texts& say, const oom_report& report);

std::string json_of(const oom_report& report);

// Returns what the process exits with.
int run_oom(const oom_options& options);

}  // namespace leash::tool
