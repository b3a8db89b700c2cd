#pragma once

#include <CLI/CLI.hpp>

#include <string>

namespace leash::tool {

// What stands in a manual page's margins.
struct manual_margins {
  std::string version;  // of the command, as "leash 0.1.0"
  std::string date;     // as 2026-01-31
};

// The manual page of a command, for section 1, in man(7)'s language: what its help says. A section of its
// footer becomes a section here; see help_formatter.
std::string manual_page(const CLI::App& command, const manual_margins& margins);

// Writes the page of `app` and of each of its commands into `folder`, which is made when it is missing, as
// leash.1 and leash-race.1. The date is that of SOURCE_DATE_EPOCH when it is set, otherwise today's.
// Throws std::runtime_error with a sentence when one cannot be written.
void write_manual(const CLI::App& app, const std::string& version, const std::string& folder);

}  // namespace leash::tool
