#pragma once

#include <string>

#include "goroutines/options.hpp"
#include "goroutines/report.hpp"
#include "shown/terminal.hpp"

namespace leash::tool {

// The report as people read it; paths are cut to the terminal's width, when it is one.
std::string text_of(const goroutines_options& options, const goroutines_report& report,
                    const terminal& out);

// What can never run again, and apart from it what is only suspected.
std::string text_of_leaks(const goroutines_options& options, const goroutines_report& leaks,
                          const goroutines_report& suspects, const terminal& out);
std::string json_of_leaks(const goroutines_options& options, const goroutines_report& leaks,
                          const goroutines_report& suspects);

// The same as JSON, see docs/goroutines.md.
std::string json_of(const goroutines_options& options, const goroutines_report& report);

// Whether so many stand there in one instance that somebody should look.
bool is_suspect(const goroutines_options& options, const site_row& row);

}  // namespace leash::tool
