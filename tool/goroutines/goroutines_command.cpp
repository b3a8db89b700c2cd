#include <unistd.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <leash/leash.hpp>

#include "bench/load_values.hpp"
#include "command.hpp"
#include "goroutines/fetch.hpp"
#include "goroutines/instance_options.hpp"
#include "goroutines/output.hpp"
#include "request/interrupt.hpp"
#include "request/values.hpp"
#include "shown/say.hpp"
#include "shown/standard_streams.hpp"

namespace leash::tool {
namespace {

constexpr int some_failed = 1;
constexpr std::size_t most_goroutines = 1'000'000'000;

constexpr const char* footer = R"(Instances:
  An instance is a process: http://host:port or host:port, where its profile is
  at /debug/pprof/goroutine; the URL of a profile; or a file with a saved one.
  Programs of leash and of Go serve it, in pprof's protobuf form. Of a file_sd
  file's labels, __scheme__ counts, and __metrics_path__ when it has pprof in it.

Sites:
  A site is where goroutines stand; it is told apart by why they wait and where
  they were created. The worst come first: by the root mean square of the counts
  in the instances, so that a leak in one of many stands out, as LeakProf has it.
  With --diff it is that of how much they grew.

Examples:
  leash goroutines http://127.0.0.1:6060
      Where the goroutines of one process stand.
  leash goroutines --top 10 --file-sd targets.json
      The ten worst sites of all processes that Prometheus is told of.
  leash goroutines --diff 30s a:6060 b:6060
      What has grown within 30 s: who leaks, grows.
  leash goroutines --format json a:6060 b:6060 > then.json
  leash goroutines --diff then.json a:6060 b:6060
      What has grown since then.

Exit status:
  0    All instances could be read.
  1    Some could not; what was read is shown.
  2    The command line could not be understood.
  23   The report could not be written.
  130  Interrupted by Ctrl-C.
)";

// Its own options as they were written.
struct goroutines_words {
  std::string threshold;
  std::string diff;
};

// A time begins with a digit and ends in a unit; all else is a file, for which ./ can be said.
bool is_time(const std::string& word) {
  const std::size_t unit = word.find_first_not_of("0123456789.");
  return unit != 0 && (unit == word.npos || word.substr(unit) == "s" || word.substr(unit) == "ms" ||
                       word.substr(unit) == "us");
}

void read_words(const goroutines_words& words, goroutines_options& options) {
  if (!words.threshold.empty())
    options.threshold =
        static_cast<std::int64_t>(count_of("--threshold", words.threshold, most_goroutines));
  if (words.diff.empty()) return;
  if (!is_time(words.diff)) {
    options.diff_with = words.diff;
    return;
  }
  options.diff_after = duration_of("--diff", words.diff);
  if (options.diff_after <= options.diff_after.zero())
    throw CLI::ValidationError("--diff", "nothing changes in no time: give some, as 30s");
}

task<int> report_to_the_end(const goroutines_options& options,
                            const std::vector<instance>& instances, goroutines_report& report) {
  if (options.diff_after > options.diff_after.zero()) {
    report = co_await watch(options, instances);
  } else if (!options.diff_with.empty()) {
    const snapshot earlier = read_earlier(options, instances);
    const snapshot now = co_await look_at(options, instances);
    report = difference(earlier, now);
  } else {
    const snapshot now = co_await look_at(options, instances);
    report = report_of(now);
  }
  co_return 0;
}

task<int> report_or_interrupt(const goroutines_options& options,
                              const std::vector<instance>& instances, goroutines_report& report) {
  interrupt interrupted;
  co_return (co_await first(report_to_the_end(options, instances, report), interrupted.happens()))
      .value;
}

int write_report(const goroutines_options& options, const goroutines_report& report) {
  for (const std::string& each : report.failures) say("leash: {}\n", each);
  if (!report.instances.empty() || options.json) {
    const std::string text = options.json ? json_of(options, report)
                                          : text_of(options, report, terminal::of(STDOUT_FILENO));
    std::fwrite(text.data(), 1, text.size(), stdout);
    flush_standard_output();
  }
  return report.failures.empty() ? 0 : some_failed;
}

int run_goroutines(const goroutines_options& options) {
  named_instances seen = find_instances(options.words, options.file_sds, path_of_goroutines);
  goroutines_report report;
  if (!seen.known.empty()) {
    const int code =
        run([&] { return report_or_interrupt(options, seen.known, report); }, {.watchdog = {}});
    if (code == interrupt::exit_code) {
      say("leash: interrupted; nothing is shown\n");
      return code;
    }
  }
  report.failures.insert(report.failures.begin(), seen.failures.begin(), seen.failures.end());
  return write_report(options, report);
}

}  // namespace

void add_goroutines(CLI::App& app, int& code) {
  CLI::App* command = app.add_subcommand(
      "goroutines", "Show where the goroutines of running programs stand, the worst sites first");
  command->footer(footer);
  auto given = instance_options::add_to(*command);
  auto words = std::make_shared<goroutines_words>();
  command->option_defaults()->group("What is written");
  command
      ->add_option("--diff", words->diff,
                   "What has changed: after a TIME, as 30s, or since a saved FILE, which is a "
                   "report by --format json or a profile")
      ->type_name("TIME|FILE");
  command
      ->add_option("--threshold", words->threshold,
                   "So many waiting at one site of an instance make it a suspect; otherwise 10000")
      ->type_name("COUNT");
  given->add_output_to(*command);
  command->callback([given, words, &code] {
    goroutines_options options;
    given->read_into(options,
                     "whose goroutines? Give http://host:port, a saved profile, or --file-sd FILE");
    read_words(*words, options);
    code = run_goroutines(options);
  });
}

}  // namespace leash::tool
