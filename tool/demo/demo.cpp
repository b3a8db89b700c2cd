#include "demo/demo.hpp"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "command.hpp"
#include "oom/oom.hpp"
#include "shown/standard_streams.hpp"

namespace leash::tool {
namespace {

using namespace std::chrono_literals;

struct demo_options {
  bool quick = false;
  std::string language;
  std::string format = "text";
  bool oom = false;
  std::size_t limit = std::size_t{256} << 20;
  std::string limit_by = "auto";
};

// As the C library would choose it for messages.
bool speaks_chinese(const std::string& language) {
  std::string_view wanted = language;
  if (wanted.empty())
    for (const char* variable : {"LC_ALL", "LC_MESSAGES", "LANG"})
      if (const char* value = std::getenv(variable); value != nullptr && *value != '\0') {
        wanted = value;
        break;
      }
  return wanted.starts_with("zh");
}

task<> run_experiments(demo_report& report, const demo_texts* say) {
  const field on{{}, report.google, report.bing};
  std::chrono::steady_clock::time_point left_since;
  report.slot_bytes = bytes_of_slot();
  // Connections and what the client keeps for them are there before anything is measured.
  co_await on.client.get(on.google.url);
  if (say != nullptr) print_beginning(*say, report);
  for (std::size_t i = 0; i < experiments; ++i) {
    const auto began = now();
    report.findings.push_back(co_await run_experiment(on, static_cast<experiment>(i)));
    if (i == 0)
      for (const event& each : report.findings[0].events)
        if (each.what == happening::answered && each.who == report.bing.name)
          left_since = began + each.at;
    if (say != nullptr) print_finding(*say, report);
    flush_standard_output();
  }
  report.left = num_goroutines() - 1;
  report.left_for = now() - left_since;
  if (say != nullptr) print_end(*say, report);
}

int run_demo(const demo_options& options) {
  // The servers are on this machine, whatever proxy the user has.
  setenv("no_proxy", "*", 1);
  const auto unit = options.quick ? 20ms : 200ms;
  const backends servers({.name = "google", .time = unit, .url = {}},
                         {.name = "bing", .time = 10 * unit, .url = {}});
  demo_report report;
  report.google = servers.google();
  report.bing = servers.bing();
  const demo_texts* say = nullptr;
  if (options.format != "json") say = speaks_chinese(options.language) ? &chinese : &english;
  // What the first version leaves behind is the point; it is unwound without a word.
  run([&] { return run_experiments(report, say); }, {.leaks = leak_policy::off, .watchdog = {}});
  if (say == nullptr) std::fputs((json_of(report) + "\n").c_str(), stdout);
  return 0;
}

constexpr std::size_t least_limit = std::size_t{16} << 20;

// Makes "256M" the number of its bytes. Returns what is wrong with it, or nothing.
std::string read_limit(std::string& text) {
  const std::string given = text;
  bool good = !text.starts_with('-');  // which AsSizeValue takes for a very large one
  try {
    if (good) static_cast<void>(CLI::AsSizeValue(false)(text));
  } catch (const CLI::ValidationError&) {
    good = false;
  }
  if (!good)
    return fmt::format("{} is no size; give a number of bytes, or one with k, M or G, as in 256M",
                       given);
  if (std::stoull(text) < least_limit)
    return fmt::format("{} is too little for a process to start in; give 16M or more", given);
  return {};
}

constexpr const char* footer = R"(Examples:
  leash demo --quick
      The leak and its cures, in a few seconds.
  leash demo --oom --limit 64M
      Lets the leaky service run out of memory for real, in a process of its own.
  leash demo --format json
      What was measured, for programs.

Environment:
  LC_ALL, LC_MESSAGES, LANG
      The language, when --lang does not say it: zh, or otherwise English.
  NO_COLOR
      When set, nothing is coloured.
)";

}  // namespace

void add_demo(CLI::App& app, int& code) {
  CLI::App* command = app.add_subcommand(
      "demo", "Race two HTTP servers, leak a goroutine, cure it in every way; measured");
  command->footer(footer);
  auto options = std::make_shared<demo_options>();
  command->option_defaults()->group("How it is told");
  command->add_flag("--quick", options->quick,
                    "Takes less time: answers after 20 and 200 ms, not 200 ms and 2 s");
  command->add_option("--lang", options->language, "The language; otherwise as LANG says")
      ->check(CLI::IsMember({"zh", "en"}));
  command->add_option("--format", options->format, "text, or json: for programs")
      ->check(CLI::IsMember({"text", "json"}));
  command->option_defaults()->group("Out of memory");
  CLI::Option* oom =
      command->add_flag("--oom", options->oom,
                        "Many races a second under a memory limit: leaky, it dies; cured, not");
  command
      ->add_option("--limit", options->limit,
                   "With --oom: how much memory the service may hold; otherwise 256M")
      ->transform(CLI::Validator(read_limit, "SIZE"))
      ->default_str("256M")
      ->needs(oom);
  command
      ->add_option("--limit-by", options->limit_by,
                   "With --oom: auto: the kernel kills it, where a control group can be made, else "
                   "this process does; watcher: this process")
      ->check(CLI::IsMember({"auto", "watcher"}))
      ->needs(oom);
  command->callback([options, &code] {
    code = options->oom ? run_oom({.quick = options->quick,
                                   .json = options->format == "json",
                                   .chinese = speaks_chinese(options->language),
                                   .use_group = options->limit_by != "watcher",
                                   .limit = options->limit})
                        : run_demo(*options);
  });
}

}  // namespace leash::tool
