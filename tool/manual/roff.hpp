#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace leash::tool::roff {

// The language of manual pages, man(7). Every text is plain; each function escapes what it is given, and
// returns whole lines.

std::string escaped(std::string_view text);
std::string line(std::string_view text);

// A page's first line. name: as leash-race.
std::string title(const std::string& name, const std::string& date, const std::string& version);
std::string section(std::string_view name);
std::string subsection(std::string_view name);

// What is explained, in bold, and its explanation, indented below it or beside it.
std::string item(std::string_view what, std::string_view explanation);

// "leash-demo(1), leash-race(1)".
std::string pages(const std::vector<std::string>& names);

// The sections of a command's footer. Of a section's lines, which begin with two spaces:
//   two spaces or more after a first word: an item, "0    It worked.", which goes on in lines that are
//   indented further;
//   further indented lines below it: the explanation of an item;
//   neither: a paragraph.
std::string of_footer(std::string_view footer);

}  // namespace leash::tool::roff
