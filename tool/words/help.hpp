#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace leash::tool {

// The help of every command, in one style: how it is written, what it does, its options by their groups,
// and its footer. No line is longer than 80 columns, unless one word is.
//
// A footer consists of sections: a title that ends in a colon, and lines that are indented by two.
class help_formatter final : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override;
};

struct option_group {
  std::string title;
  std::vector<const CLI::Option*> options;
};

// The options that people are told of, group by group; the one in which every command has its --help
// comes last.
std::vector<option_group> option_groups(const CLI::App& app);

// `text` with the full stop that it has when it stands alone.
std::string sentence(std::string text);

// How a command is called: "leash race [OPTION]... URL...".
std::string usage_of(const CLI::App& app);

// An option's names and its value: "-o, --output FILE". An argument's: "URL...".
std::string synopsis_of(const CLI::Option& option);

}  // namespace leash::tool
