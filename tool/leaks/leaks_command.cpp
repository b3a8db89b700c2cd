#include <unistd.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <leash/leash.hpp>

#include "bench/load_values.hpp"
#include "command.hpp"
#include "goroutines/fetch.hpp"
#include "goroutines/output.hpp"
#include "request/interrupt.hpp"
#include "request/request_options.hpp"
#include "shown/say.hpp"
#include "shown/standard_streams.hpp"

namespace leash::tool {
namespace {

constexpr int some_leaked = 1;
constexpr int some_failed = 3;
constexpr std::size_t most_sites = 1'000'000;
constexpr std::size_t most_at_once = 10'000;

constexpr const char* footer = R"(Instances:
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

struct leaks_words {
  std::string concurrency = "16";
  std::string top;
  std::string format = "text";
};

void read_words(const leaks_words& words, goroutines_options& options) {
  if (options.words.empty() && options.file_sds.empty())
    throw CLI::ValidationError(
        "instance", "whose leaks? Give http://host:port, a saved profile, or --file-sd FILE");
  options.concurrency = count_of("--concurrency", words.concurrency, most_at_once);
  if (!words.top.empty()) options.top = count_of("--top", words.top, most_sites);
  options.json = words.format == "json";
  options.leaks = true;
}

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
  command->footer(footer);
  auto options = std::make_shared<goroutines_options>();
  auto words = std::make_shared<leaks_words>();
  command->add_option("instance", options->words, "Whose: http://host:port, or a saved profile");
  command->option_defaults()->group("The instances");
  command
      ->add_option("--file-sd", options->file_sds,
                   "Also the targets of one of Prometheus's file_sd files")
      ->type_name("FILE")
      ->expected(1)
      ->take_all();
  command->add_option("-c,--concurrency", words->concurrency, "So many at a time; otherwise 16")
      ->type_name("COUNT");
  command->option_defaults()->group("Each request");
  auto asked = request_options::add_get_to(*command, "30", "64M");
  command->option_defaults()->group("What is written");
  command->add_option("--top", words->top, "Only the first sites; otherwise all")
      ->type_name("COUNT");
  command->add_option("--format", words->format, "text, or json: for programs")
      ->check(CLI::IsMember({"text", "json"}));
  command->callback([options, asked, words, &code] {
    options->asked = asked->read();
    read_words(*words, *options);
    code = run_leaks(*options);
  });
}

}  // namespace leash::tool
