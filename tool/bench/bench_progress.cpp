#include "bench/bench_progress.hpp"

#include <fmt/format.h>

#include <leash/leash.hpp>

#include "shown/progress_bar.hpp"
#include "shown/say.hpp"

namespace leash::tool {
namespace {

using namespace std::chrono_literals;

// The line in which it is shown: empty once this is gone.
class shown_line {
 public:
  shown_line() = default;
  shown_line(const shown_line&) = delete;
  shown_line& operator=(const shown_line&) = delete;
  ~shown_line() { show(""); }
  void show(const std::string& text) { say("\r{}\x1b[K", text); }
};

std::string remark(const bench_results& results, std::chrono::nanoseconds passed, double& ended) {
  std::size_t answered = 0;
  std::size_t failed = 0;
  for (const arm which : arms) {
    const arm_tally tally = results.tally(which);
    answered += tally.answered;
    failed += tally.failed;
  }
  ended = static_cast<double>(answered + failed);
  const double rate = ended / std::chrono::duration<double>(passed).count();
  return fmt::format("{} done, {:.0f} a second{}", answered + failed, rate,
                     failed == 0 ? "" : fmt::format(", {} failed", failed));
}

}  // namespace

task<int> show_progress(const bench_options& options, const bench_results& results,
                        terminal screen) {
  shown_line line;
  const auto began = now();
  const ticker often(100ms);
  while (true) {
    co_await often.channel().receive();
    const std::chrono::nanoseconds passed = now() - began;
    double ended = 0;
    const std::string said = remark(results, passed, ended);
    const bool by_time = options.duration > 0ns;
    const double share =
        by_time ? passed / std::chrono::duration<double, std::nano>(2 * options.duration)
                : ended / (2 * static_cast<double>(options.requests));
    // The last column is left free: writing there moves some terminals to the next line.
    line.show(progress_bar(share, said, screen.columns - 1));
  }
}

}  // namespace leash::tool
