#include "corpus/runner/marks.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <fmt/format.h>

#include <leash/detail/sched/goroutine.hpp>

namespace corpus {
namespace {

bool is_a_reason(std::string_view text) {
  using leash::detail::wait_reason;
  for (int each = 0; each <= static_cast<int>(wait_reason::blocking); ++each)
    if (text == leash::detail::text_of(static_cast<wait_reason>(each))) return true;
  return false;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

class reader {
 public:
  reader(std::string_view space, std::string_view name)
      : opening_(fmt::format("namespace {} {{", space)),
        closing_(fmt::format("}}  // namespace {}", space)),
        name_(name) {}

  void line(std::string_view text) {
    ++number_;
    const bool was_inside = inside_;
    if (text == opening_) inside_ = true;
    if (text == closing_) inside_ = false;
    if (!inside_ || !was_inside) return;
    if (text.find("task<> program(") != std::string_view::npos) found_.main_line = number_;
    look_for("// leaks:", text, false);
    look_for("// suspect:", text, true);
  }
  marks found() const { return found_; }

 private:
  void look_for(std::string_view word, std::string_view text, bool suspect) {
    const std::size_t at = text.find(word);
    if (at == std::string_view::npos) return;
    std::string_view rest = text.substr(at + word.size());
    for (;;) {
      const std::size_t comma = rest.find(',');
      const std::string_view reason = trimmed(rest.substr(0, comma));
      if (!is_a_reason(reason))
        throw std::runtime_error(fmt::format(
            "{}:{}: \"{}\" is no reason to wait: use the words of traces, such as chan send", name_,
            number_, reason));
      found_.all.push_back({number_, std::string(reason), suspect});
      if (comma == std::string_view::npos) return;
      rest.remove_prefix(comma + 1);
    }
  }

  const std::string opening_;
  const std::string closing_;
  const std::string_view name_;
  unsigned number_ = 0;
  bool inside_ = false;
  marks found_;
};

}  // namespace

marks marks_in(std::string_view text, std::string_view space, std::string_view name) {
  reader reads(space, name);
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    reads.line(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return reads.found();
}

marks marks_of(const std::string& file, std::string_view space) {
  // A compiler that was given a relative path names that, as seen from where it ran: the folder of the program.
  std::ifstream in(std::filesystem::exists(file)
                       ? std::filesystem::path(file)
                       : std::filesystem::read_symlink("/proc/self/exe").parent_path() / file);
  if (!in)
    throw std::runtime_error(
        file + ": cannot be read: the corpus reads its own sources, where it was built");
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return marks_in(text, space, file);
}

}  // namespace corpus
