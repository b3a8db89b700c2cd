#include <memory>
#include <string>

#include "command.hpp"
#include "race/race_output.hpp"
#include "request/interrupt.hpp"
#include "request/request_options.hpp"
#include "request/values.hpp"
#include "shown/say.hpp"

namespace leash::tool {
namespace {

constexpr const char* footer = R"(Examples:
  leash race https://www.google.com https://www.bing.com
      The first good answer on stdout; the other request is cancelled.
  leash race --timeline --hedge-delay 50ms https://one.example https://two.example
      Asks the second only when the first has not answered within 50 ms, and
      draws on stderr what happened when.
  leash race --accept 200-299 -o page.html -m 2 https://one.example https://two.example
      Only a status from 200 to 299 wins; each request may take 2 s.

Exit status:
  0    One answered with a status that may win.
  2    The command line could not be understood.
  22   What answered had statuses that may not win.
  23   The answer could not be written.
  130  Interrupted by Ctrl-C; all requests were cancelled.
  Otherwise curl's number for the failure that came last, as 3 for what is no
  URL, 6 for a host without an address, 7 for no connection, 28 for no answer
  in time.
)";

// Its own options as they were written.
struct race_words {
  std::string hedge_delay = "0";
  std::string accept;
  std::string format = "text";
};

void read_words(const race_words& words, race_options& options) {
  options.hedge_delay = duration_of("--hedge-delay", words.hedge_delay);
  if (!words.accept.empty()) options.accept = statuses_of("--accept", words.accept);
  options.json = words.format == "json";
}

task<int> race_to_the_end(const race_options& options, race_report& report) {
  const http::client client;
  co_await race_urls(options, client, report);
  co_return 0;
}

task<int> race_or_interrupt(const race_options& options, race_report& report) {
  interrupt interrupted;
  co_return (co_await first(race_to_the_end(options, report), interrupted.happens())).value;
}

int run_race(const race_options& options) {
  if (const int code = check_output(options); code != 0) return code;
  race_report report;
  if (run([&] { return race_or_interrupt(options, report); }, {.watchdog = {}}) ==
      interrupt::exit_code) {
    say("leash: interrupted; all requests were cancelled\n");
    return interrupt::exit_code;
  }
  return write_race(options, report);
}

}  // namespace

void add_race(CLI::App& app, int& code) {
  CLI::App* command =
      app.add_subcommand("race", "Ask several URLs at once; the first good answer wins");
  command->footer(footer);
  auto options = std::make_shared<race_options>();
  auto words = std::make_shared<race_words>();
  command->add_option("url", options->urls, "Whom to ask")->required();
  command->option_defaults()->group("The race");
  command
      ->add_option("--hedge-delay", words->hedge_delay,
                   "Ask the next URL only after this, as 50ms; or at once after a failure")
      ->type_name("TIME");
  command->add_option("--accept", words->accept, "Statuses that may win; otherwise 200-399")
      ->type_name("STATUSES");
  command->option_defaults()->group("Each request");
  auto asked = request_options::add_to(*command);
  command->option_defaults()->group("What is written");
  command->add_option("-o,--output", options->output, "Where the body goes; otherwise stdout")
      ->type_name("FILE");
  command->add_flag("-i,--include", options->include_head, "The answer's head before its body");
  command->add_flag("--timeline", options->timeline, "What happened when, on stderr");
  command->add_option("--format", words->format, "text, or json: the race and the answer in it")
      ->check(CLI::IsMember({"text", "json"}));
  command->add_flag("-s,--silent", options->silent, "Say nothing about failures");
  command->add_flag("-v,--verbose", options->verbose, "What goes over the wire, on stderr");
  command->callback([options, asked, words, &code] {
    options->asked = asked->read();
    read_words(*words, *options);
    code = run_race(*options);
  });
}

}  // namespace leash::tool
