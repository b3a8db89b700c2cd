#include <fmt/format.h>
#include <fmt/ranges.h>

#include "completion/completion.hpp"
#include "words/option_words.hpp"

namespace leash::tool {
namespace {

// "=" splits a word in two for bash: what stands behind it is still the option's value.
constexpr const char* beginning = R"(# bash completion for {0}

_{0}_offer() {{
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur")
}}

_{0}_offer_files() {{
  compopt -o filenames
  mapfile -t COMPREPLY < <(compgen -f -- "$cur")
}}

_{0}() {{
  local cur=${{COMP_WORDS[COMP_CWORD]}} option=${{COMP_WORDS[COMP_CWORD - 1]}} command= i
  COMPREPLY=()
  if [[ $cur == = ]]; then
    cur=
  elif [[ $option == = ]]; then
    option=${{COMP_WORDS[COMP_CWORD - 2]}}
  fi
  for ((i = 1; i < COMP_CWORD; ++i)); do
    case ${{COMP_WORDS[i]}} in
      -*) ;;
      *) command=${{COMP_WORDS[i]}}; break ;;
    esac
  done
  case $command in
)";

// What is offered behind each option that takes a value; nothing, when anything could stand there.
std::string value_cases(const CLI::App& command, const std::string& name) {
  std::string cases;
  for (const CLI::Option* option : options_of(command)) {
    const option_words words = words_of(*option);
    if (words.value.empty()) continue;
    std::string offer;
    if (!words.choices.empty())
      offer = fmt::format(" _{}_offer '{}';", name, fmt::join(words.choices, " "));
    else if (words.takes_file)
      offer = fmt::format(" _{}_offer_files;", name);
    cases += fmt::format("        {}){} return ;;\n", fmt::join(words.names, "|"), offer);
  }
  return cases;
}

std::string option_names(const CLI::App& command) {
  std::string names;
  for (const CLI::Option* option : options_of(command))
    for (const std::string& name : words_of(*option).names)
      names += (names.empty() ? "" : " ") + name;
  return names;
}

std::string command_case(const CLI::App& command, const std::string& label, const std::string& name,
                         const std::string& words) {
  std::string text = fmt::format("    {})\n", label);
  if (const std::string cases = value_cases(command, name); !cases.empty())
    text += fmt::format("      case $option in\n{}      esac\n", cases);
  text +=
      fmt::format("      if [[ $cur == -* ]]; then _{}_offer '{}'", name, option_names(command));
  text += words.empty() ? "; fi\n" : fmt::format("; else _{}_offer '{}'; fi\n", name, words);
  return text + "      ;;\n";
}

}  // namespace

std::string bash_completion(const CLI::App& app) {
  const std::string& name = app.get_name();
  std::string script = fmt::format(beginning, name);
  std::string commands;
  for (const CLI::App* command : commands_of(app)) {
    script += command_case(*command, command->get_name(), name, {});
    commands += (commands.empty() ? "" : " ") + command->get_name();
  }
  script += command_case(app, "''", name, commands);
  return script + fmt::format("  esac\n}}\n\ncomplete -F _{0} {0}\n", name);
}

}  // namespace leash::tool
