#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "completion/completion.hpp"
#include "words/option_words.hpp"

namespace leash::tool {
namespace {

// In single quotes.
std::string literal(std::string_view text) {
  std::string out = "'";
  for (const char letter : text) {
    if (letter == '\'' || letter == '\\') out += '\\';
    out += letter;
  }
  return out + "'";
}

// The switches that say what stands behind an option.
std::string switches_of(const option_words& words) {
  if (words.value.empty()) return {};
  if (!words.choices.empty())
    return fmt::format(" -x -a {}", literal(fmt::format("{}", fmt::join(words.choices, " "))));
  return words.takes_file ? " -r -F" : " -x";
}

std::string lines_of(const CLI::App& command, const std::string& name, std::string_view condition) {
  std::string lines;
  for (const CLI::Option* option : options_of(command)) {
    const option_words words = words_of(*option);
    lines += fmt::format("complete -c {} -n {}", name, literal(condition));
    for (const std::string& each : words.names)
      lines += each.starts_with("--") ? " -l " + each.substr(2) : " -s " + each.substr(1);
    lines += fmt::format("{} -d {}\n", switches_of(words), literal(option->get_description()));
  }
  return lines;
}

}  // namespace

std::string fish_completion(const CLI::App& app) {
  const std::string& name = app.get_name();
  std::string script = fmt::format("# fish completion for {0}\n\ncomplete -c {0} -f\n", name);
  for (const CLI::App* command : commands_of(app))
    script += fmt::format("complete -c {} -n __fish_use_subcommand -a {} -d {}\n", name,
                          command->get_name(), literal(command->get_description()));
  script += lines_of(app, name, "__fish_use_subcommand");
  for (const CLI::App* command : commands_of(app))
    script += '\n' + lines_of(*command, name, "__fish_seen_subcommand_from " + command->get_name());
  return script;
}

}  // namespace leash::tool
