#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <source_location>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

// What a profile says once and refers to by number: strings, functions, places.

namespace leash::detail {

inline std::size_t mix(std::size_t hash, std::size_t more) noexcept {
  return (hash ^ more) * std::size_t{0x9e3779b97f4a7c15} + (hash >> 29);
}

struct tuple_hash {
  template <class... Parts>
  std::size_t operator()(const std::tuple<Parts...>& parts) const noexcept {
    return std::apply(
        [](const Parts&... each) {
          std::size_t hash = 0;
          ((hash = mix(hash, std::hash<Parts>()(each))), ...);
          return hash;
        },
        parts);
  }
};

// Number 0 is the empty string.
class string_table {
 public:
  string_table() { number_of(""); }
  std::uint32_t number_of(std::string_view text);
  const std::deque<std::string>& all() const noexcept { return texts_; }

 private:
  std::deque<std::string> texts_;  // does not move what the keys look at
  std::unordered_map<std::string_view, std::uint32_t> numbers_;
};

struct profiled_function {
  std::uint32_t name;
  std::uint32_t system_name;  // as the compiler writes it
  std::uint32_t file;
};

struct profiled_place {
  std::uint32_t function;  // from 1
  std::uint32_t line;
};

// Numbers from 1, in the order in which they are first asked for.
class place_table {
 public:
  explicit place_table(string_table& strings) : strings_(strings) {}

  // A frame that is suspended there.
  std::uint32_t frame(const std::source_location& where);
  // The frame that stands for the start of a goroutine there.
  std::uint32_t birth(const std::source_location& where);
  // The text "file:line" of the latter, a string's number.
  std::uint32_t birthplace(const std::source_location& where);
  // The frame that stands for those that were left out.
  std::uint32_t left_out();

  const std::vector<profiled_function>& functions() const noexcept { return functions_; }
  const std::vector<profiled_place>& places() const noexcept { return places_; }

 private:
  // By the addresses of the texts, which are static: the same place may have several such keys.
  using key = std::tuple<const void*, const void*, std::uint32_t>;
  struct birth_numbers {
    std::uint32_t frame;
    std::uint32_t text;
  };

  std::uint32_t place(std::string_view name, std::string_view system_name, std::string_view file,
                      std::uint32_t line);
  const birth_numbers& birth_at(const std::source_location& where);

  string_table& strings_;
  std::vector<profiled_function> functions_;
  std::vector<profiled_place> places_;
  std::unordered_map<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>, std::uint32_t,
                     tuple_hash>
      function_numbers_;
  std::unordered_map<std::tuple<std::uint32_t, std::uint32_t>, std::uint32_t, tuple_hash>
      place_numbers_;
  std::unordered_map<key, std::uint32_t, tuple_hash> frames_;
  std::unordered_map<key, birth_numbers, tuple_hash> births_;
};

}  // namespace leash::detail
