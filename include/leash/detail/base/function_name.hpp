#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace leash::detail {

// A function's name as its author would say it, from the text that a compiler gives as the function's name:
// "leash::task<> (anonymous namespace)::leak_racer(const std::string &)" is `leak_racer`, a lambda in main is
// `main::lambda`, and long template arguments are `<...>`. Knows the texts of clang and of g++, also those that g++ has
// for coroutines. Neither allocates nor locks. A name that is too long ends in "...".
class function_name {
 public:
  explicit function_name(const char* pretty) noexcept;
  std::string_view view() const noexcept { return {text_.data(), size_}; }

 private:
  friend class name_cleaner;
  std::array<char, 192> text_;
  std::size_t size_ = 0;
};

}  // namespace leash::detail
