#include "words/nearest.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace leash::tool {
namespace {

constexpr std::size_t shortest = 3;  // of fewer letters anything could be meant

std::string_view letters_of(std::string_view word) {
  word.remove_prefix(std::min(word.find_first_not_of('-'), word.size()));
  return word;
}

// How many letters have to be added, left out, replaced, or swapped with the next.
std::size_t distance(std::string_view from, std::string_view to) {
  using row = std::vector<std::size_t>;
  std::array<row, 3> rows{row(to.size() + 1), row(to.size() + 1), row(to.size() + 1)};
  for (std::size_t j = 0; j <= to.size(); ++j) rows[0][j] = j;
  for (std::size_t i = 1; i <= from.size(); ++i) {
    row& here = rows[i % 3];
    const row& above = rows[(i - 1) % 3];
    const row& two_above = rows[(i + 1) % 3];
    here[0] = i;
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const std::size_t replaced = above[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
      here[j] = std::min({here[j - 1] + 1, above[j] + 1, replaced});
      if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
        here[j] = std::min(here[j], two_above[j - 2] + 1);
    }
  }
  return rows[from.size() % 3][to.size()];
}

}  // namespace

std::string nearest(std::string_view given, const std::vector<std::string>& words) {
  given = letters_of(given);
  if (given.size() < shortest) return {};
  const auto begun = [given](const std::string& word) {
    return letters_of(word).starts_with(given);
  };
  const auto only = std::find_if(words.begin(), words.end(), begun);
  if (only != words.end() && std::find_if(only + 1, words.end(), begun) == words.end())
    return *only;
  std::size_t least = given.size() / 3 + 1;
  std::string found;
  for (const std::string& word : words) {
    const std::string_view letters = letters_of(word);
    if (letters.size() < shortest - 1) continue;
    const std::size_t here = distance(given, letters);
    if (here < least) {
      least = here;
      found = word;
    }
  }
  return found;
}

}  // namespace leash::tool
