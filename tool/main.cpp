#include <algorithm>
#include <csignal>
#include <cstddef>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "command.hpp"
#include "shown/say.hpp"
#include "shown/standard_streams.hpp"

namespace {

constexpr int usage_error = 2;

std::size_t distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  for (std::size_t i = 0; i <= to.size(); ++i) row[i] = i;
  for (std::size_t i = 1; i <= from.size(); ++i) {
    std::size_t corner = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const std::size_t replaced = corner + (from[i - 1] == to[j - 1] ? 0 : 1);
      corner = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[to.size()];
}

// What `app` and its subcommands understand.
std::vector<std::string> words_of(const CLI::App& app) {
  std::vector<std::string> words;
  for (const CLI::App* command : app.get_subcommands({})) {
    words.push_back(command->get_name());
    for (const CLI::Option* option : command->get_options())
      for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
  }
  return words;
}

// " Did you mean …?" for the first command or option that nothing understands, or nothing.
std::string suggestion(const CLI::App& app, int argc, char** argv) {
  const std::vector<std::string> words = words_of(app);
  for (int i = 1; i < argc; ++i) {
    std::string_view given(argv[i]);
    given = given.substr(0, given.find('='));
    if (i > 1 && !given.starts_with("--")) continue;  // a value
    if (given.size() < 3 || std::find(words.begin(), words.end(), given) != words.end()) continue;
    const auto nearest = std::min_element(words.begin(), words.end(),
                                          [given](const std::string& a, const std::string& b) {
                                            return distance(given, a) < distance(given, b);
                                          });
    if (distance(given, *nearest) <= 2) return fmt::format(" Did you mean {}?", *nearest);
  }
  return {};
}

int run_tool(int argc, char** argv) {
  // A reader that goes away is a write that fails, not a death.
  std::signal(SIGPIPE, SIG_IGN);
  int code = 0;
  CLI::App app("Goroutines for C++20 that cannot get lost", "leash");
  app.set_version_flag("--version", "leash " LEASH_VERSION);
  app.require_subcommand(1);
  leash::tool::add_demo(app, code);
  leash::tool::add_race(app, code);
  leash::tool::add_bench(app, code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& failure) {
    if (failure.get_exit_code() == 0) return app.exit(failure);
    leash::tool::say("leash: {}.{} See leash --help.\n", failure.what(),
                     suggestion(app, argc, argv));
    return usage_error;
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
