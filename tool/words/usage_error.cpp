#include "words/usage_error.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "words/help.hpp"
#include "words/nearest.hpp"
#include "words/option_words.hpp"

namespace leash::tool {
namespace {

// The innermost command that was given.
const CLI::App& given_command(const CLI::App& app) {
  const std::vector<CLI::App*> given = app.get_subcommands();
  return given.empty() ? app : given_command(*given.front());
}

std::vector<std::string> names_of(const std::vector<const CLI::App*>& commands) {
  std::vector<std::string> names;
  for (const CLI::App* command : commands) names.push_back(command->get_name());
  return names;
}

std::vector<std::string> option_names_of(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : options_of(command))
    for (const std::string& name : words_of(*option).names) names.push_back(name);
  return names;
}

// "a, b or c".
std::string either_of(const std::vector<std::string>& words) {
  std::string text = words.front();
  for (std::size_t i = 1; i < words.size(); ++i)
    text += (i + 1 == words.size() ? " or " : ", ") + words[i];
  return text;
}

bool is_option(std::string_view word) { return word.size() > 1 && word.starts_with('-'); }

// The option without the value that is written into it.
std::string_view name_in(std::string_view word) {
  return word.starts_with("--") ? word.substr(0, word.find('=')) : word.substr(0, 2);
}

// How a command is named where a sentence begins with "leash: ".
std::string called(const CLI::App& command) {
  const std::string name = full_name(command);
  const std::size_t space = name.find(' ');
  return space == std::string::npos ? name : name.substr(space + 1);
}

std::string did_you_mean(const std::string& word) {
  return word.empty() ? word : fmt::format(" Did you mean {}?", word);
}

bool has_option(const CLI::App& command, std::string_view name) {
  const std::vector<std::string> names = option_names_of(command);
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string unknown_option(const CLI::App& command, std::string_view word) {
  const std::string_view name = name_in(word);
  const CLI::App& given = given_command(command);
  if (&given != &command && has_option(given, name))
    return fmt::format("{} belongs to {}: write it after that word.", name, called(given));
  const std::string hint =
      name.starts_with("--") ? did_you_mean(nearest(name, option_names_of(command))) : "";
  if (command.get_parent() == nullptr) return fmt::format("there is no option {}.{}", name, hint);
  return fmt::format("{} has no option {}.{}", called(command), name, hint);
}

std::string unexpected(const CLI::App& command, const std::string& word) {
  if (is_option(word)) return unknown_option(command, word);
  if (const std::vector<const CLI::App*> commands = commands_of(command); !commands.empty()) {
    // "leash help" may be meant too.
    std::vector<std::string> words = names_of(commands);
    for (std::string& option : option_names_of(command)) words.push_back(std::move(option));
    return fmt::format("there is no command {}.{}", word, did_you_mean(nearest(word, words)));
  }
  return fmt::format("{} takes no argument such as {}.", called(command), word);
}

// The first word that nobody understood, and whom it was for.
std::optional<std::pair<const CLI::App*, std::string>> first_unexpected(const CLI::App& app) {
  if (const std::vector<std::string> words = app.remaining(); !words.empty())
    return std::pair(&app, words.front());
  for (const CLI::App* command : app.get_subcommands())
    if (auto found = first_unexpected(*command)) return found;
  return std::nullopt;
}

// What is wrong with a value that is none of those that its option can take, or nothing.
std::string impossible_value(const CLI::App& command) {
  for (const CLI::Option* option : command.get_options({})) {
    const option_words words = words_of(*option);
    if (words.choices.empty()) continue;
    for (const std::string& value : option->results())
      if (std::find(words.choices.begin(), words.choices.end(), value) == words.choices.end())
        return fmt::format("{}: {} is not {}.{}", words.names.back(), value,
                           either_of(words.choices), did_you_mean(nearest(value, words.choices)));
  }
  return {};
}

// What is wrong with a flag that was given a value, or nothing.
std::string valued_flag(const CLI::App& command, std::string_view said) {
  for (const CLI::Option* option : options_of(command))
    if (const option_words words = words_of(*option);
        words.value.empty() && said.find(option->get_name() + " = ") != std::string_view::npos)
      return fmt::format("{} takes no value.", words.names.back());
  return {};
}

// What is wrong with how many values an option was given, or nothing.
std::string wrong_number(const CLI::App& command, std::string_view said) {
  for (const CLI::Option* option : options_of(command)) {
    if (!said.starts_with(option->get_name() + ":")) continue;
    const option_words words = words_of(*option);
    if (option->count() > 1) return fmt::format("{} is given more than once.", words.names.back());
    return fmt::format("{0} needs a value: {0} {1}.", words.names.back(), words.value);
  }
  return {};
}

std::string missing_argument(const CLI::App& command) {
  if (const std::vector<const CLI::App*> commands = commands_of(command); !commands.empty())
    return fmt::format("a command is missing: {}.", either_of(names_of(commands)));
  for (const CLI::Option* argument : arguments_of(command))
    if (argument->get_required() && argument->count() == 0)
      return fmt::format("{} needs an argument: {}.", called(command), words_of(*argument).value);
  return {};
}

template <class Kind>
bool is(const CLI::ParseError& failure) {
  return dynamic_cast<const Kind*>(&failure) != nullptr;
}

}  // namespace

std::string usage_error(const CLI::App& app, const CLI::ParseError& failure) {
  const CLI::App& command = given_command(app);
  std::string said;
  if (is<CLI::ExtrasError>(failure) || is<CLI::RequiredError>(failure)) {
    const auto found = first_unexpected(app);
    said = found ? unexpected(*found->first, found->second) : missing_argument(command);
  } else if (is<CLI::ValidationError>(failure)) {
    said = impossible_value(command);
  } else if (is<CLI::ConversionError>(failure)) {
    said = valued_flag(command, failure.what());
  } else if (is<CLI::ArgumentMismatch>(failure)) {
    said = wrong_number(command, failure.what());
  }
  if (said.empty()) said = sentence(failure.what());
  return fmt::format("{} See {} --help.", said, full_name(command));
}

}  // namespace leash::tool
