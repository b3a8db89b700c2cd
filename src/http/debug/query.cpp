#include "http/debug/query.hpp"

#include <charconv>
#include <limits>
#include <optional>

#include <fmt/format.h>

namespace leash::http {
namespace {

std::optional<unsigned> hexadecimal(char digit) noexcept {
  if (digit >= '0' && digit <= '9') return static_cast<unsigned>(digit - '0');
  if (digit >= 'a' && digit <= 'f') return static_cast<unsigned>(digit - 'a' + 10);
  if (digit >= 'A' && digit <= 'F') return static_cast<unsigned>(digit - 'A' + 10);
  return std::nullopt;
}

std::string decoded(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      plain += ' ';
    } else if (text[i] != '%') {
      plain += text[i];
    } else {
      const auto high = i + 2 < text.size() ? hexadecimal(text[i + 1]) : std::nullopt;
      const auto low = i + 2 < text.size() ? hexadecimal(text[i + 2]) : std::nullopt;
      if (!high || !low)
        throw bad_query("the query has a % that two hexadecimal digits do not follow");
      plain += static_cast<char>(*high << 4 | *low);
      i += 2;
    }
  }
  return plain;
}

// For people: not more of it than helps, and nothing that a terminal would obey.
std::string shown(std::string_view text) {
  constexpr std::size_t longest = 40;
  std::string safe;
  for (const char c : text.substr(0, longest)) safe += c >= ' ' && c <= '~' ? c : '?';
  return text.size() > longest ? safe + "..." : safe;
}

std::optional<long> whole_number(const std::string& text) noexcept {
  long number = 0;
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (bad != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

long number_in(const target::parameter& given, long least, long most, std::string_view allowed) {
  const std::optional<long> number = whole_number(given.value);
  if (!number || *number < least || *number > most)
    throw bad_query(fmt::format("{}={}: give {}", given.key, shown(given.value), allowed));
  return *number;
}

}  // namespace

target split_target(std::string_view url) noexcept {
  const auto mark = url.find('?');
  if (mark == std::string_view::npos) return {url, {}};
  return {url.substr(0, mark), url.substr(mark + 1)};
}

std::vector<target::parameter> parse_query(std::string_view query) {
  constexpr std::size_t most_keys = 8;
  std::vector<target::parameter> all;
  while (!query.empty()) {
    const auto end = query.find('&');
    const std::string_view part = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    if (part.empty()) continue;
    if (all.size() == most_keys) throw bad_query("the query has more keys than any page takes");
    const auto equals = part.find('=');
    target::parameter next{decoded(part.substr(0, equals)), equals == std::string_view::npos
                                                                ? std::string()
                                                                : decoded(part.substr(equals + 1))};
    for (const target::parameter& earlier : all)
      if (earlier.key == next.key)
        throw bad_query(fmt::format("{} is given twice: give it once", shown(next.key)));
    all.push_back(std::move(next));
  }
  return all;
}

goroutine_query parse_goroutine_query(std::string_view query, bool leaks) {
  constexpr long longest = 3600;
  goroutine_query asked;
  for (const target::parameter& given : parse_query(query)) {
    if (given.key == "debug")
      asked.debug = static_cast<int>(
          number_in(given, 0, 2, "0 (protobuf), 1 (text, grouped) or 2 (text, one by one)"));
    else if (given.key == "seconds")
      asked.seconds = std::chrono::seconds(
          number_in(given, 1, longest, "a whole number of seconds from 1 to 3600"));
    else if (given.key == "suspects" && leaks)
      asked.suspects = number_in(given, 0, 1, "0 or 1") == 1;
    else
      throw bad_query(fmt::format("{}: there is no such key; there are debug{} seconds",
                                  shown(given.key), leaks ? ", suspects and" : " and"));
  }
  if (asked.suspects && (asked.debug != 0 || asked.seconds.count() != 0))
    throw bad_query("suspects can be joined neither with debug nor with seconds: leave those out");
  if (asked.debug != 0 && asked.seconds.count() != 0)
    throw bad_query(
        "seconds and debug cannot be joined: the difference between two moments is for programs, "
        "leave debug out");
  return asked;
}

std::uint64_t parse_why_query(std::string_view query) {
  std::uint64_t id = 0;
  for (const target::parameter& given : parse_query(query)) {
    if (given.key != "id")
      throw bad_query(fmt::format("{}: there is no such key; there is id", shown(given.key)));
    id = static_cast<std::uint64_t>(
        number_in(given, 1, std::numeric_limits<long>::max(), "the number of a goroutine"));
  }
  return id;
}

void expect_no_query(std::string_view query, std::string_view page) {
  const auto given = parse_query(query);
  if (!given.empty())
    throw bad_query(
        fmt::format("{}: there is no such key; {} takes none", shown(given.front().key), page));
}

}  // namespace leash::http
