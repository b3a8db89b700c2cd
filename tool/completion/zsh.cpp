#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "completion/completion.hpp"
#include "words/option_words.hpp"

namespace leash::tool {
namespace {

// For a description inside a specification in single quotes.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    if (letter == '\'')
      out += "'\\'";
    else if (letter == '[' || letter == ']' || letter == ':' || letter == '\\')
      out += '\\';
    out += letter;
  }
  return out;
}

// ":FILE:_files", for what an option or an argument takes.
std::string action_of(const option_words& words) {
  std::string action = " ";
  if (!words.choices.empty())
    action = fmt::format("({})", fmt::join(words.choices, " "));
  else if (words.takes_file)
    action = "_files";
  else if (words.value == "URL")
    action = "_urls";
  return fmt::format(":{}:{}", escaped(words.value), action);
}

// One specification for each of an option's names. A name excludes the others, unless it may be repeated;
// what only shows something excludes everything else.
std::string specifications(const CLI::App& command, const CLI::Option& option) {
  const option_words words = words_of(option);
  std::string before = words.repeats ? "*" : fmt::format("({})", fmt::join(words.names, " "));
  if (&option == command.get_help_ptr() || &option == command.get_version_ptr()) before = "(- *)";
  std::string all;
  for (const std::string& name : words.names) {
    const char* const joint = words.value.empty() ? "" : name.starts_with("--") ? "=" : "+";
    all += fmt::format(" \\\n        '{}{}{}[{}]{}'", before, name, joint,
                       escaped(option.get_description()),
                       words.value.empty() ? std::string() : action_of(words));
  }
  return all;
}

std::string all_specifications(const CLI::App& command) {
  std::string all;
  for (const CLI::Option* option : options_of(command)) all += specifications(command, *option);
  for (const CLI::Option* argument : arguments_of(command)) {
    const option_words words = words_of(*argument);
    all += fmt::format(" \\\n        '{}{}'", words.repeats ? "*" : "", action_of(words));
  }
  return all;
}

}  // namespace

std::string zsh_completion(const CLI::App& app) {
  const std::string& name = app.get_name();
  std::string commands;
  std::string cases;
  for (const CLI::App* command : commands_of(app)) {
    commands +=
        fmt::format("    '{}:{}'\n", command->get_name(), escaped(command->get_description()));
    cases += fmt::format("    {})\n      _arguments -s -S{}\n      ;;\n", command->get_name(),
                         all_specifications(*command));
  }
  return fmt::format(R"(#compdef {0}

_{0}() {{
  local curcontext=$curcontext state line
  local -a commands=(
{1}  )
  _arguments -C{2} \
        '1:command:->command' \
        '*::argument:->argument'
  if [[ $state == command ]]; then
    _describe -t commands command commands
    return
  fi
  [[ $state == argument ]] || return
  case $words[1] in
{3}  esac
}}

if [[ $funcstack[1] == _{0} ]]; then
  _{0} "$@"
else
  compdef _{0} {0}
fi
)",
                     name, commands, all_specifications(app), cases);
}

}  // namespace leash::tool
