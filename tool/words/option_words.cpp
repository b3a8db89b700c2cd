#include "words/option_words.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace leash::tool {
namespace {

// The pieces of a type's name: "TEXT:{text,json}" is its own name and what each check says of itself.
// A set's values may not hold a colon or a comma.
std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> pieces;
  while (true) {
    const std::size_t end = text.find(at);
    pieces.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return pieces;
    text.remove_prefix(end + 1);
  }
}

std::string upper_case(std::string text) {
  for (char& letter : text)
    letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  return text;
}

void read_type(std::string_view type, option_words& words) {
  for (const std::string& piece : split(type, ':')) {
    if (piece.starts_with('{') && piece.ends_with('}'))
      words.choices = split(std::string_view(piece).substr(1, piece.size() - 2), ',');
    else if (piece == "TEXT" || piece.empty())
      words.value = "TEXT";
    else if (piece == "UINT" || piece == "INT" || piece == "FLOAT")
      words.value = "NUMBER";
    else
      words.value = piece;
  }
  if (!words.choices.empty()) words.value = fmt::format("{}", fmt::join(words.choices, "|"));
  words.takes_file = words.value == "FILE";
}

std::vector<const CLI::Option*> options_that(const CLI::App& app, bool are_named) {
  return app.get_options([are_named](const CLI::Option* option) {
    return !option->get_group().empty() && option->nonpositional() == are_named;
  });
}

}  // namespace

option_words words_of(const CLI::Option& option) {
  option_words words;
  for (const std::string& name : option.get_snames()) words.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) words.names.push_back("--" + name);
  if (option.get_items_expected_max() > 0) read_type(option.get_type_name(), words);
  if (words.names.empty()) words.value = upper_case(option.get_name(true));
  words.repeats = option.get_items_expected_max() > 1 ||
                  option.get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll;
  return words;
}

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* command) {
    return !command->get_name().empty() && !command->get_group().empty();
  });
}

std::vector<const CLI::Option*> options_of(const CLI::App& app) { return options_that(app, true); }

std::vector<const CLI::Option*> arguments_of(const CLI::App& app) {
  return options_that(app, false);
}

std::string full_name(const CLI::App& app) {
  const CLI::App* parent = app.get_parent();
  return parent == nullptr ? app.get_name() : full_name(*parent) + " " + app.get_name();
}

}  // namespace leash::tool
