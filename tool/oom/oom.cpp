#include "oom/oom.hpp"

#include <algorithm>
#include <cstdio>
#include <limits>

#include "shown/say.hpp"
#include "shown/standard_streams.hpp"
#include "shown/terminal.hpp"

namespace leash::tool {
namespace {

// What a leaked goroutine costs about, to choose how many races a second there are to be. Nothing that is
// told follows from it.
constexpr std::size_t likely_bytes = 960;

// So many races a second that the limit is reached within seconds. Never fewer than in the article, or than
// what a tenth of a processor does when there is no time.
std::uint64_t rate_for(const oom_options& options) {
  const double seconds = options.quick ? 2.5 : 8;
  const double goroutines = static_cast<double>(options.limit) / likely_bytes;
  const std::uint64_t least = options.quick ? 40'000 : 1000;
  return std::max(static_cast<std::uint64_t>(goroutines / seconds), least);
}

// How far a service is, on one line of the terminal that is gone when it has ended.
class progress {
 public:
  progress() : shown_(terminal::of(STDERR_FILENO).moves_cursor) {}
  progress(progress&&) = delete;
  ~progress() {
    if (shown_) say("\r\033[K");
  }
  void show(const oom_sample& sample) const {
    if (shown_)
      say("\r{:.1f} s, goroutines: {}, {} MiB\033[K",
          std::chrono::duration<double>(sample.at).count(), sample.goroutines,
          sample.resident_bytes >> 20);
  }

 private:
  bool shown_;
};

oom_trial try_and_show(const service_plan& plan, const oom_options& options) {
  const progress shown;
  return try_service(plan, options, [&](const oom_sample& sample) { shown.show(sample); });
}

void run_trials(const oom_options& options, oom_report& report) {
  const oom_texts* say = nullptr;
  if (!options.json) say = options.chinese ? &oom_chinese : &oom_english;
  if (say != nullptr) print_beginning(*say, options);
  service_plan plan{.slots = 0,
                    .races = std::numeric_limits<std::uint64_t>::max(),
                    .races_a_second = rate_for(options)};
  report.limit = options.limit;
  report.leaky = try_and_show(plan, options);
  if (say != nullptr) print_trial(*say, report, false);
  plan.slots = 2;
  plan.races = report.leaky.samples.back().races;
  report.cured = try_and_show(plan, options);
  if (say != nullptr) {
    print_trial(*say, report, true);
    print_end(*say, report);
  } else {
    std::fputs((json_of(report) + "\n").c_str(), stdout);
    flush_standard_output();
  }
}

}  // namespace

int run_oom(const oom_options& options) {
  if (const std::size_t available = available_bytes(); options.limit > available / 4 * 3) {
    say("leash: --limit: {} MiB is more than three quarters of what this machine has left "
        "({} MiB); give less, or the demo harms others\n",
        options.limit >> 20, available >> 20);
    return 2;
  }
  oom_report report;
  try {
    run_trials(options, report);
  } catch (const interrupted& by) {
    return 128 + by.signal();
  }
  if (report.as_expected()) return 0;
  say("leash: this is not how it should have ended: the leaky service dies at its limit, the "
      "cured one ends by itself with as many goroutines as it began with\n");
  return 1;
}

}  // namespace leash::tool
