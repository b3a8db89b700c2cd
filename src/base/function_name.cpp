#include <leash/detail/base/function_name.hpp>

#include <algorithm>
#include <cstring>
#include <initializer_list>

namespace leash::detail {
namespace {

bool is_in_name(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

}  // namespace

// Goes through the text once. What it has kept since the last space that stands in no bracket is the name, if it turns out
// that the parameters follow; else it was a part of the type.
class name_cleaner {
 public:
  name_cleaner(std::string_view text, function_name& result) noexcept
      : rest_(text), result_(result) {}

  void clean() noexcept {
    while (!rest_.empty() && step()) {
    }
  }

 private:
  // False: that was the name.
  bool step() noexcept {
    switch (rest_.front()) {
      case '(':
        return parenthesis();
      case '<':
        angle();
        return true;
      case '{':
        brace();
        return true;
      case '[':
        if (kept().empty()) return false;  // "[with T = int]"
        skip(group('[', ']'));             // "[abi:cxx11]"
        return true;
      case '\'':
        if (at_component() && rest_.starts_with("'lambda")) {
          skip(std::min(rest_.find('\'', 1), rest_.size() - 1) + 1);
          if (rest_.starts_with('(')) skip(group('(', ')'));
          lambda();
          return true;
        }
        break;
      case ' ':
        if (rest_.starts_with(" [")) return false;
        skip(1);
        result_.size_ = 0;
        return true;
      case '*':
      case '&':
        if (kept().empty()) {
          skip(1);
          return true;
        }
        break;
      case 'o':
        if (at_component() && rest_.starts_with("operator") &&
            (rest_.size() == 8 || !is_in_name(rest_[8]))) {
          operator_name();
          return true;
        }
        break;
      default:
        break;
    }
    keep(1);
    return true;
  }

  bool parenthesis() noexcept {
    if (rest_.starts_with("(anonymous namespace)")) {
      unnamed_scope();
      return true;
    }
    for (const std::string_view start : {"(anonymous class", "(unnamed class", "(lambda"})
      if (rest_.starts_with(start)) {
        skip(group('(', ')'));
        lambda();
        return true;
      }
    for (const std::string_view start : {"(anonymous ", "(unnamed "})
      if (rest_.starts_with(start)) {
        skip(group('(', ')'));
        write("unnamed");
        return true;
      }
    if (kept() == "decltype") {
      skip(group('(', ')'));
      return true;
    }
    // A function that returns a pointer to a function stands within the type: "void (*name(int))(double)".
    if (kept().empty() && rest_.size() > 1 && (rest_[1] == '*' || rest_[1] == '&')) {
      skip(2);
      return true;
    }
    skip(group('(', ')'));
    return is_outer_function();
  }

  // After parameters: whether the function is only where something else is that a name follows of.
  bool is_outer_function() noexcept {
    std::string_view after = rest_;
    for (bool more = true; more;) {
      more = false;
      for (const std::string_view qualifier : {" const", " volatile", " &&", " &", " noexcept"})
        if (after.starts_with(qualifier)) {
          after.remove_prefix(qualifier.size());
          more = true;
        }
    }
    if (!after.starts_with("::")) return false;
    rest_ = after;
    return true;
  }

  void angle() noexcept {
    constexpr std::size_t longest_shown = 16;
    const std::size_t length = group('<', '>');
    if (at_component()) {
      const bool is_lambda = rest_.starts_with("<lambda");
      skip(length);
      if (is_lambda)
        lambda();
      else
        write("unnamed");
    } else if (length > longest_shown + 2) {
      skip(length);
      write("<...>");
    } else {
      keep(length);
    }
  }

  void brace() noexcept {
    if (rest_.starts_with("{anonymous}") || rest_.starts_with("{unnamed}")) {
      unnamed_scope();
    } else {
      const bool is_lambda = rest_.starts_with("{lambda");
      skip(group('{', '}'));
      if (is_lambda)
        lambda();
      else
        write("unnamed");
    }
  }

  void unnamed_scope() noexcept {
    skip(rest_.front() == '(' ? group('(', ')') : group('{', '}'));
    if (rest_.starts_with("::")) skip(2);
  }

  void lambda() noexcept {
    write("lambda");
    if (rest_.starts_with("::operator()")) skip(12);
  }

  void operator_name() noexcept {
    keep(8);
    if (rest_.starts_with("()") || rest_.starts_with("[]")) {
      keep(2);
    } else if (rest_.starts_with(' ')) {
      // A conversion, new or delete: all up to the parameters.
      while (!rest_.empty() && rest_.front() != '(')
        if (rest_.front() == '<')
          angle();
        else
          keep(1);
    } else {
      const std::size_t end = rest_.find_first_not_of("<>=!+-*/%^&|~,\"");
      keep(std::min(end, rest_.size()));
    }
  }

  // How long the bracketed part is that the rest begins with.
  std::size_t group(char open, char close) const noexcept {
    std::size_t depth = 0;
    for (std::size_t i = 0; i < rest_.size(); ++i) {
      const char c = rest_[i];
      const bool arrow = c == '>' && i > 0 && rest_[i - 1] == '-';
      if (c == open) ++depth;
      if (c == close && !arrow && --depth == 0) return i + 1;
    }
    return rest_.size();
  }

  std::string_view kept() const noexcept { return result_.view(); }
  bool at_component() const noexcept { return kept().empty() || kept().ends_with("::"); }
  void skip(std::size_t count) noexcept { rest_.remove_prefix(count); }
  void keep(std::size_t count) noexcept {
    write(rest_.substr(0, count));
    skip(std::min(count, rest_.size()));
  }

  void write(std::string_view text) noexcept {
    constexpr std::string_view cut = "...";
    auto& out = result_.text_;
    const std::size_t room = out.size() - result_.size_;
    const std::size_t fits = std::min(text.size(), room);
    std::memcpy(out.data() + result_.size_, text.data(), fits);
    result_.size_ += fits;
    if (fits < text.size())
      std::memcpy(out.data() + out.size() - cut.size(), cut.data(), cut.size());
  }

  std::string_view rest_;
  function_name& result_;
};

function_name::function_name(const char* pretty) noexcept {
  const std::string_view text = pretty == nullptr ? "" : pretty;
  name_cleaner(text, *this).clean();
  if (size_ != 0 || text.empty()) return;
  size_ = std::min(text.size(), text_.size());
  std::memcpy(text_.data(), text.data(), size_);
}

}  // namespace leash::detail
