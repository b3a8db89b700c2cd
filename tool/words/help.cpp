#include "words/help.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "words/option_words.hpp"

namespace leash::tool {
namespace {

constexpr std::size_t columns = 80;
constexpr std::size_t widest_left = 26;  // what is wider has its description on the next line

using row = std::pair<std::string, std::string>;

struct table {
  std::string title;
  std::vector<row> rows;
};

// Breaks `text` into lines of at most `width` columns, at spaces.
std::vector<std::string> wrap(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  while (text.size() > width) {
    std::size_t end = text.rfind(' ', width);
    if (end == std::string_view::npos) end = text.find(' ');
    if (end == std::string_view::npos) break;
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  lines.emplace_back(text);
  return lines;
}

std::string rendered(const table& shown, std::size_t left) {
  std::string text = fmt::format("\n{}:\n", shown.title);
  for (const auto& [name, description] : shown.rows) {
    std::string begin = fmt::format("  {:<{}}", name, left);
    if (name.size() > left) {
      text += begin + '\n';
      begin = std::string(left + 2, ' ');
    }
    for (const std::string& line : wrap(description, columns - left - 4)) {
      text += fmt::format("{}  {}\n", begin, line);
      begin = std::string(left + 2, ' ');
    }
  }
  return text;
}

// The arguments, the commands, and the options group by group.
std::vector<table> tables_of(const CLI::App& app) {
  std::vector<table> tables;
  table arguments{"Arguments", {}};
  for (const CLI::Option* argument : arguments_of(app))
    arguments.rows.emplace_back(words_of(*argument).value, argument->get_description());
  tables.push_back(std::move(arguments));
  table commands{"Commands", {}};
  for (const CLI::App* command : commands_of(app))
    commands.rows.emplace_back(command->get_name(), command->get_description());
  tables.push_back(std::move(commands));
  for (const option_group& group : option_groups(app)) {
    table options{group.title, {}};
    for (const CLI::Option* option : group.options)
      options.rows.emplace_back(synopsis_of(*option), option->get_description());
    tables.push_back(std::move(options));
  }
  std::erase_if(tables, [](const table& each) { return each.rows.empty(); });
  return tables;
}

}  // namespace

std::vector<option_group> option_groups(const CLI::App& app) {
  std::vector<std::string> titles = app.get_groups();
  if (std::erase(titles, "Options") > 0) titles.emplace_back("Options");
  std::vector<option_group> groups;
  for (const std::string& title : titles) {
    option_group group{title, options_of(app)};
    std::erase_if(group.options,
                  [&title](const CLI::Option* option) { return option->get_group() != title; });
    if (!group.options.empty()) groups.push_back(std::move(group));
  }
  if (groups.size() > 1 && groups.back().title == "Options") groups.back().title = "Other options";
  return groups;
}

std::string sentence(std::string text) {
  if (!text.empty() && text.back() != '.') text += '.';
  return text;
}

std::string usage_of(const CLI::App& app) {
  std::string usage = full_name(app);
  if (!commands_of(app).empty()) usage += " COMMAND";
  if (!options_of(app).empty()) usage += " [OPTION]...";
  for (const CLI::Option* argument : arguments_of(app))
    usage += argument->get_required() ? ' ' + synopsis_of(*argument)
                                      : fmt::format(" [{}]", synopsis_of(*argument));
  return usage;
}

std::string synopsis_of(const CLI::Option& option) {
  const option_words words = words_of(option);
  if (words.names.empty()) return words.value + (words.repeats ? "..." : "");
  // Long names stand below each other.
  std::string text = words.names.front().starts_with("--") ? "    " : "";
  text += fmt::format("{}", fmt::join(words.names, ", "));
  return words.value.empty() ? text : text + ' ' + words.value;
}

std::string help_formatter::make_help(const CLI::App* app, std::string /*name*/,
                                      CLI::AppFormatMode /*mode*/) const {
  std::string help = fmt::format("Usage: {}\n\n", usage_of(*app));
  for (const std::string& line : wrap(sentence(app->get_description()), columns))
    help += line + '\n';
  const std::vector<table> tables = tables_of(*app);
  std::size_t left = 0;
  for (const table& each : tables)
    for (const row& line : each.rows)
      if (line.first.size() <= widest_left) left = std::max(left, line.first.size());
  for (const table& each : tables) help += rendered(each, left);
  if (const std::string footer = app->get_footer(); !footer.empty()) help += '\n' + footer;
  return help;
}

}  // namespace leash::tool
