#include "manual/roff.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <utility>

#include <fmt/format.h>

namespace leash::tool::roff {
namespace {

std::string upper_case(std::string_view text) {
  std::string out(text);
  for (char& letter : out)
    letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  return out;
}

std::size_t indentation_of(std::string_view text) {
  return std::min(text.find_first_not_of(' '), text.size());
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

void append(std::string& text, std::string_view more) {
  if (!text.empty()) text += ' ';
  text += more;
}

// The lines of one section, of which each is indented.
class section_reader {
 public:
  void read(std::string_view text) {
    const std::size_t indentation = indentation_of(text);
    text.remove_prefix(indentation);
    if (indentation > 2) {
      if (what_.empty()) what_.swap(explanation_);  // what seemed a paragraph is explained here
      append(explanation_, text);
      return;
    }
    const std::size_t gap = text.find("  ");
    if (gap != std::string_view::npos) {
      flush();
      what_ = text.substr(0, gap);
      explanation_ = text.substr(gap + indentation_of(text.substr(gap)));
    } else {
      if (!what_.empty()) flush();
      append(explanation_, text);
    }
  }

  void end_paragraph() { flush(); }

  // What has been read since the last time.
  std::string take() {
    flush();
    return std::exchange(done_, {});
  }

 private:
  void flush() {
    if (!what_.empty())
      done_ += item(what_, explanation_);
    else if (!explanation_.empty())
      done_ += (done_.empty() ? "" : ".PP\n") + line(explanation_);
    what_.clear();
    explanation_.clear();
  }

  std::string done_;
  std::string what_;
  std::string explanation_;
};

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  if (text.starts_with('.') || text.starts_with('\'')) out = "\\&";
  for (const char letter : text) {
    if (letter == '\\')
      out += "\\e";
    else if (letter == '-')
      out += "\\-";
    else if (letter == '\'')
      out += "\\(aq";
    else
      out += letter;
  }
  return out;
}

std::string line(std::string_view text) { return escaped(text) + '\n'; }

std::string title(const std::string& name, const std::string& date, const std::string& version) {
  return fmt::format(".TH {} 1 {} \"{}\" \"User Commands\"\n.nh\n.ad l\n",
                     escaped(upper_case(name)), date, escaped(version));
}

std::string section(std::string_view name) {
  return fmt::format(".SH {}\n", escaped(upper_case(name)));
}

std::string subsection(std::string_view name) { return fmt::format(".SS {}\n", escaped(name)); }

std::string item(std::string_view what, std::string_view explanation) {
  what.remove_prefix(indentation_of(what));
  return fmt::format(".TP\n.B {}\n{}", escaped(what), line(explanation));
}

std::string pages(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names)
    text += fmt::format(".BR {} (1){}\n", escaped(name), &name == &names.back() ? "" : ",");
  return text;
}

std::string of_footer(std::string_view footer) {
  std::string text;
  section_reader reader;
  while (!footer.empty()) {
    const std::string_view line = take_line(footer);
    if (line.empty()) {
      reader.end_paragraph();
      continue;
    }
    if (indentation_of(line) > 0) {
      reader.read(line);
    } else {
      text += reader.take();
      text += section(line.substr(0, line.size() - (line.ends_with(':') ? 1 : 0)));
    }
  }
  return text + reader.take();
}

}  // namespace leash::tool::roff
