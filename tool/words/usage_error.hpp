#pragma once

#include <CLI/CLI.hpp>

#include <string>

namespace leash::tool {

// What is wrong with a command line that `app` could not parse: a sentence that names the command and the
// word, says what was probably meant, and where to read on.
std::string usage_error(const CLI::App& app, const CLI::ParseError& failure);

}  // namespace leash::tool
