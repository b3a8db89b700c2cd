#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace leash::tool {

// The word that `given` was most likely meant to be: the one that it begins, when that is only one; else
// the one with the fewest letters added, left out, replaced or swapped, and no more of them than one in
// three. Nothing when no word is that near, or `given` is too short to tell. Leading dashes do not count.
std::string nearest(std::string_view given, const std::vector<std::string>& words);

}  // namespace leash::tool
