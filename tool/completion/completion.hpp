#pragma once

#include <CLI/CLI.hpp>

#include <string>

namespace leash::tool {

// A script that makes a shell complete `app`'s commands, their options and the options' values. All of it
// is read from the tree of commands.
std::string bash_completion(const CLI::App& app);
std::string zsh_completion(const CLI::App& app);
std::string fish_completion(const CLI::App& app);

}  // namespace leash::tool
