#include "corpus/corpus.hpp"

#include <algorithm>

namespace corpus {
namespace {

std::vector<entered_shape>& entered() {
  static std::vector<entered_shape> all;
  return all;
}

}  // namespace

entry::entry(shape entered_here, std::source_location where) {
  entered().push_back({entered_here, where.file_name()});
}

std::vector<entered_shape> all_shapes() {
  std::vector<entered_shape> all = entered();
  std::ranges::sort(all, {}, [](const entered_shape& each) { return each.what.name; });
  return all;
}

}  // namespace corpus
