#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>

#include "command.hpp"
#include "completion/completion.hpp"
#include "manual/manual.hpp"
#include "shown/say.hpp"
#include "shown/standard_streams.hpp"
#include "words/help.hpp"
#include "words/usage_error.hpp"

namespace {

constexpr const char* version = "leash " LEASH_VERSION;
constexpr int not_understood = 2;

constexpr const char* footer = R"(Examples:
  leash race https://www.google.com https://www.bing.com
      Asks both; the first good answer is printed.
  leash demo --quick
      A goroutine leaks, before your eyes, and is cured.
  leash race --help
      More about one command; so does man leash-race.

Exit status:
  0    It worked.
  1    It did not, for the reason that is said on stderr.
  2    The command line could not be understood.
  Each command says in its own help what else it may end with.
)";

// What installing asks for: neither is shown to people.
void add_hidden_options(CLI::App& app) {
  const auto print_completion = [&app](const std::string& shell) {
    using namespace leash::tool;
    const std::string script = shell == "bash"  ? bash_completion(app)
                               : shell == "zsh" ? zsh_completion(app)
                                                : fish_completion(app);
    std::fputs(script.c_str(), stdout);
    throw CLI::Success();
  };
  const auto write_pages = [&app](const std::string& folder) {
    leash::tool::write_manual(app, version, folder);
    throw CLI::Success();
  };
  app.add_option_function<std::string>("--completion", print_completion)
      ->group("")
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  app.add_option_function<std::string>("--manual", write_pages)->group("");
}

int run_tool(int argc, char** argv) {
  // A reader that goes away is a write that fails, not a death.
  std::signal(SIGPIPE, SIG_IGN);
  int code = 0;
  CLI::App app("Goroutines for C++20 that cannot get lost", "leash");
  app.formatter(std::make_shared<leash::tool::help_formatter>());
  app.set_help_flag("-h,--help", "Show this help, and do nothing else");
  app.set_version_flag("--version", version, "Show the version, and do nothing else");
  app.footer(footer);
  add_hidden_options(app);
  app.require_subcommand(1);
  leash::tool::add_demo(app, code);
  leash::tool::add_race(app, code);
  leash::tool::add_bench(app, code);
  leash::tool::add_goroutines(app, code);
  leash::tool::add_leaks(app, code);
  leash::tool::add_why(app, code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& failure) {
    if (failure.get_exit_code() == 0) return app.exit(failure);
    leash::tool::say("leash: {}\n", leash::tool::usage_error(app, failure));
    return not_understood;
  }
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    leash::tool::occupy_standard_streams();
    const int code = run_tool(argc, argv);
    if (code == 0) leash::tool::flush_standard_output();
    return code;
  } catch (const leash::tool::output_failure& failure) {
    leash::tool::say("leash: {}\n", failure.what());
    return leash::tool::output_failure::exit_code;
  } catch (const std::exception& failure) {
    leash::tool::say("leash: {}\n", failure.what());
    return 1;
  }
}
