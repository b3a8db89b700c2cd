#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace leash::tool {

// How an option or an argument is written on the command line, as far as people and shells want to know.
struct option_words {
  std::vector<std::string> names;    // with their dashes, short ones first; none: an argument
  std::string value;                 // what it takes, as FILE or text|json; empty: it is a flag
  std::vector<std::string> choices;  // all the values that it takes, when they can be counted
  bool repeats = false;              // may be given again, or takes several values
  bool takes_file = false;           // a file's name, to be completed as one
};

option_words words_of(const CLI::Option& option);

// What people are told of: neither hidden nor nameless, in the order in which they were added.
std::vector<const CLI::App*> commands_of(const CLI::App& app);
std::vector<const CLI::Option*> options_of(const CLI::App& app);
std::vector<const CLI::Option*> arguments_of(const CLI::App& app);

// "leash race", for a subcommand.
std::string full_name(const CLI::App& app);

}  // namespace leash::tool
