#include <charconv>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include <leash/http.hpp>
#include <leash/leash.hpp>

#include "command.hpp"
#include "request/interrupt.hpp"
#include "request/request_options.hpp"
#include "request/shown_url.hpp"
#include "shown/say.hpp"
#include "shown/standard_streams.hpp"
#include "why/why_url.hpp"

namespace leash::tool {
namespace {

constexpr int failed = 1;

constexpr const char* why_footer = R"(Whose:
  A program of leash, at its LEASH_DEBUG_ADDR: http://host:port or host:port.

Examples:
  leash why http://127.0.0.1:6060 7
      On what condition goroutine 7 will exit, and who can see to it.
  leash why 127.0.0.1:6060
      The same of all goroutines; those that stand alike together.

Exit status:
  0    It was said.
  1    It could not be asked, or there is no such goroutine.
  2    The command line could not be understood.
  23   The answer could not be written.
  130  Interrupted by Ctrl-C.
)";

struct why_options {
  std::string whose;
  std::string id;
  http::request asked;
};

std::optional<std::uint64_t> number_of(const std::string& word) {
  std::uint64_t number = 0;
  const auto [end, bad] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (bad != std::errc{} || end != word.data() + word.size() || number == 0) return std::nullopt;
  return number;
}

// What went wrong, in a sentence without its end.
std::string refusal(const http::response& answer) {
  const std::string said = answer.body.substr(0, answer.body.find('\n'));
  if (answer.status == 404 && said.starts_with("There is no goroutine")) return said;
  if (answer.status == 404)
    return "answered with status 404: it is not the debug server of a program of leash, or of an "
           "old one";
  if (answer.status == 401 || answer.status == 403)
    return fmt::format("answered with status {}: -u and -H say who asks", answer.status);
  return fmt::format("answered with status {}", answer.status);
}

task<int> ask(const why_options& options) {
  http::request asked = options.asked;
  asked.url = why_url(options.whose, options.id);
  const http::client client;
  http::response answer;
  std::string failure;
  try {
    answer = co_await client.send(std::move(asked));
    if (answer.status != 200)
      failure = fmt::format("{}: {}", without_user(options.whose), refusal(answer));
  } catch (const http::error& error) {
    failure = error.what();
  }
  if (!failure.empty()) {
    say("leash: {}\n", failure);
    co_return failed;
  }
  std::fwrite(answer.body.data(), 1, answer.body.size(), stdout);
  flush_standard_output();
  co_return 0;
}

task<int> ask_or_interrupt(const why_options& options) {
  interrupt interrupted;
  co_return (co_await first(ask(options), interrupted.happens())).value;
}

}  // namespace

void add_why(CLI::App& app, int& code) {
  CLI::App* command =
      app.add_subcommand("why", "Say on what condition a goroutine of a running program will exit");
  command->footer(why_footer);
  auto options = std::make_shared<why_options>();
  command->add_option("url", options->whose, "Whose: http://host:port")->required();
  command->add_option("id", options->id, "Which goroutine: its number; otherwise all of them")
      ->type_name("ID");
  command->option_defaults()->group("The request");
  auto asked = request_options::add_get_to(*command, "30", "64M");
  command->callback([options, asked, &code] {
    options->asked = asked->read();
    if (!options->id.empty() && !number_of(options->id))
      throw CLI::ValidationError(
          "id", fmt::format("{} is no goroutine's number, as 7 is: they are in the goroutine "
                            "profile with debug=2",
                            options->id));
    code = run([&] { return ask_or_interrupt(*options); }, {.watchdog = {}});
    if (code == interrupt::exit_code) say("leash: interrupted\n");
  });
}

}  // namespace leash::tool
