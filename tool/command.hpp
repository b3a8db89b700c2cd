#pragma once

#include <CLI/CLI.hpp>

namespace leash::tool {

// Each adds its subcommand to `app`; when that was given, `code` becomes what the process exits with.
void add_bench(CLI::App& app, int& code);
void add_demo(CLI::App& app, int& code);
void add_goroutines(CLI::App& app, int& code);
void add_leaks(CLI::App& app, int& code);
void add_race(CLI::App& app, int& code);
void add_why(CLI::App& app, int& code);

}  // namespace leash::tool
