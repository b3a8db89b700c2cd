#include "manual/manual.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "manual/roff.hpp"
#include "words/help.hpp"
#include "words/option_words.hpp"

namespace leash::tool {
namespace {

std::string page_name(const CLI::App& command) {
  std::string name = full_name(command);
  std::replace(name.begin(), name.end(), ' ', '-');
  return name;
}

std::string lower_case_first(std::string text) {
  if (text.size() > 1 && std::islower(static_cast<unsigned char>(text[1])) != 0)
    text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

std::string commands_section(const CLI::App& app) {
  std::string text;
  for (const CLI::App* command : commands_of(app))
    text += roff::item(command->get_name(), sentence(command->get_description()));
  return text.empty() ? text : roff::section("Commands") + text;
}

std::string arguments_section(const CLI::App& command) {
  std::string text;
  for (const CLI::Option* argument : arguments_of(command))
    text += roff::item(words_of(*argument).value, sentence(argument->get_description()));
  return text.empty() ? text : roff::section("Arguments") + text;
}

std::string options_section(const CLI::App& command) {
  const std::vector<option_group> groups = option_groups(command);
  std::string text = roff::section("Options");
  for (const option_group& group : groups) {
    if (groups.size() > 1) text += roff::subsection(group.title);
    for (const CLI::Option* option : group.options)
      text += roff::item(synopsis_of(*option), sentence(option->get_description()));
  }
  return text;
}

std::string see_also(const CLI::App& command) {
  const CLI::App* const parent = command.get_parent();
  const CLI::App& top = parent == nullptr ? command : *parent;
  std::vector<std::string> pages;
  if (parent != nullptr) pages.push_back(page_name(top));
  for (const CLI::App* other : commands_of(top))
    if (other != &command) pages.push_back(page_name(*other));
  return pages.empty() ? std::string() : roff::section("See also") + roff::pages(pages);
}

std::string today() {
  std::time_t now = std::time(nullptr);
  if (const char* given = std::getenv("SOURCE_DATE_EPOCH"); given != nullptr)
    now = std::strtoll(given, nullptr, 10);
  return fmt::format("{:%Y-%m-%d}", fmt::gmtime(now));
}

void write_page(const std::filesystem::path& path, const std::string& page) {
  std::ofstream file(path, std::ios::binary);
  file << page;
  file.close();
  if (!file)
    throw std::runtime_error(fmt::format(
        "cannot write {}: check that its folder can be written to and has room", path.string()));
}

}  // namespace

std::string manual_page(const CLI::App& command, const manual_margins& margins) {
  const std::string name = page_name(command);
  std::string page = roff::title(name, margins.date, margins.version);
  page += roff::section("Name");
  page += fmt::format("{} \\- {}\n", roff::escaped(name),
                      roff::escaped(lower_case_first(command.get_description())));
  page += roff::section("Synopsis") + roff::line(usage_of(command));
  page += roff::section("Description") + roff::line(sentence(command.get_description()));
  page += commands_section(command) + arguments_section(command) + options_section(command);
  page += roff::of_footer(command.get_footer());
  return page + see_also(command);
}

void write_manual(const CLI::App& app, const std::string& version, const std::string& folder) {
  std::error_code ignored;  // writing into it tells
  std::filesystem::create_directories(folder, ignored);
  const manual_margins margins{.version = version, .date = today()};
  const auto write = [&](const CLI::App& command) {
    write_page(std::filesystem::path(folder) / (page_name(command) + ".1"),
               manual_page(command, margins));
  };
  write(app);
  for (const CLI::App* command : commands_of(app)) write(*command);
}

}  // namespace leash::tool
