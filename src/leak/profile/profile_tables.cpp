#include "leak/profile/profile_tables.hpp"

#include <fmt/format.h>

#include <leash/detail/base/function_name.hpp>

namespace leash::detail {
namespace {

// The number of `key`, which is the next one when it is new; then `make` makes what has it.
template <class Map, class Make>
std::uint32_t numbered(Map& numbers, const typename Map::key_type& key, std::size_t known,
                       Make make) {
  const auto [at, fresh] = numbers.try_emplace(key, static_cast<std::uint32_t>(known + 1));
  if (fresh) make();
  return at->second;
}

}  // namespace

std::uint32_t string_table::number_of(std::string_view text) {
  if (const auto known = numbers_.find(text); known != numbers_.end()) return known->second;
  const auto number = static_cast<std::uint32_t>(texts_.size());
  numbers_.emplace(texts_.emplace_back(text), number);
  return number;
}

std::uint32_t place_table::place(std::string_view name, std::string_view system_name,
                                 std::string_view file, std::uint32_t line) {
  const profiled_function wanted{strings_.number_of(name), strings_.number_of(system_name),
                                 strings_.number_of(file)};
  const std::uint32_t function =
      numbered(function_numbers_, {wanted.name, wanted.system_name, wanted.file}, functions_.size(),
               [&] { functions_.push_back(wanted); });
  return numbered(place_numbers_, {function, line}, places_.size(),
                  [&] { places_.push_back({function, line}); });
}

std::uint32_t place_table::frame(const std::source_location& where) {
  const key at{where.function_name(), where.file_name(), where.line()};
  if (const auto known = frames_.find(at); known != frames_.end()) return known->second;
  const function_name name(where.function_name());
  const std::uint32_t number =
      place(name.view(), where.function_name(), where.file_name(), where.line());
  frames_.emplace(at, number);
  return number;
}

const place_table::birth_numbers& place_table::birth_at(const std::source_location& where) {
  const key at{where.function_name(), where.file_name(), where.line()};
  if (const auto known = births_.find(at); known != births_.end()) return known->second;
  const function_name name(where.function_name());
  const birth_numbers numbers{
      place(fmt::format("created by {}", name.view()), where.function_name(), where.file_name(),
            where.line()),
      strings_.number_of(fmt::format("{}:{}", where.file_name(), where.line()))};
  return births_.emplace(at, numbers).first->second;
}

std::uint32_t place_table::birth(const std::source_location& where) {
  return birth_at(where).frame;
}

std::uint32_t place_table::birthplace(const std::source_location& where) {
  return birth_at(where).text;
}

std::uint32_t place_table::left_out() {
  constexpr std::string_view name = "(frames left out)";
  return place(name, name, "", 0);
}

}  // namespace leash::detail
