#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

#include <leash/leash.hpp>

#include "command.hpp"
#include "goroutines/fetch.hpp"
#include "goroutines/instance_options.hpp"
#include "goroutines/output.hpp"
#include "request/interrupt.hpp"
#include "shown/say.hpp"
#include "shown/standard_streams.hpp"

namespace leash::tool {
namespace {

constexpr int some_leaked = 1;
constexpr int some_failed = 3;

constexpr const char* leaks_footer = R"(Instances:
  An instance is a process: http://host:port or host:port, where its profile is
  at /debug/pprof/goroutineleak; the URL of a profile; or a file with a saved
  one. Programs of leash serve it, and of Go from 1.26 on. Each proves at that
  moment which of its goroutines can never run again.

Suspects:
  A suspect is not proven to be leaked: it only looks so, as a loop does that
  nothing can end. Suspects stand apart, and do not count for the exit status.

Examples:
  leash leaks http://127.0.0.1:6060
      What is leaked in one process.
  leash leaks --file-sd targets.json
      In all processes that Prometheus is told of, the worst site first.
  leash leaks --format json a:6060 b:6060
      For programs.

Exit status:
  0    Nothing is leaked, and all instances could be read.
  1    Some goroutine is proven to be leaked.
  2    The command line could not be understood.
  3    Some instance could not be read, and nothing is leaked in the others.
  23   The report could not be written.
  130  Interrupted by Ctrl-C.
)";

task<int> look_to_the_end(const goroutines_options& options, const std::vector<instance>& instances,
                          snapshot& seen) {
  seen = co_await look_at(options, instances);
  co_return 0;
}

task<int> look_or_interrupt(const goroutines_options& options,
                            const std::vector<instance>& instances, snapshot& seen) {
  interrupt interrupted;
  co_return (co_await first(look_to_the_end(options, instances, seen), interrupted.happens()))
      .value;
}

int write_report(const goroutines_options& options, const goroutines_report& leaks,
                 const goroutines_report& suspects) {
  for (const std::string& each : leaks.failures) say("leash: {}\n", each);
  if (!leaks.instances.empty() || options.json) {
    const std::string text =
        options.json ? json_of_leaks(options, leaks, suspects)
                     : text_of_leaks(options, leaks, suspects, terminal::of(STDOUT_FILENO));
    std::fwrite(text.data(), 1, text.size(), stdout);
    flush_standard_output();
  }
  if (leaks.total > 0) return some_leaked;
  return leaks.failures.empty() ? 0 : some_failed;
}

int run_leaks(const goroutines_options& options) {
  const named_instances found = find_instances(options.words, options.file_sds, path_of_leaks);
  snapshot seen;
  if (!found.known.empty()) {
    const int code =
        run([&] { return look_or_interrupt(options, found.known, seen); }, {.watchdog = {}});
    if (code == interrupt::exit_code) {
      say("leash: interrupted; nothing is shown\n");
      return code;
    }
  }
  goroutines_report leaks = report_of(seen);
  leaks.failures.insert(leaks.failures.begin(), found.failures.begin(), found.failures.end());
  return write_report(options, leaks, suspects_of(seen));
}

}  // namespace

void add_leaks(CLI::App& app, int& code) {
  CLI::App* command = app.add_subcommand(
      "leaks", "Show which goroutines of running programs can never run again: it is proven");
  command->footer(leaks_footer);
  auto given = instance_options::add_to(*command);
  command->option_defaults()->group("What is written");
  given->add_output_to(*command);
  command->callback([given, &code] {
    goroutines_options options;
    given->read_into(options,
                     "whose leaks? Give http://host:port, a saved profile, or --file-sd FILE");
    options.leaks = true;
    code = run_leaks(options);
  });
}

}  // namespace leash::tool
