#include <algorithm>
#include <utility>

#include "testing/explore/explorer.hpp"

// A failing schedule made simple: choices are replaced by the first of all, many at once at first (Zeller and Hildebrandt, Simplifying and
// Isolating Failure-Inducing Input, 2002), as long as it fails as before.

namespace leash::detail {
namespace {

// So many schedules at most.
constexpr std::size_t patience = 500;

std::pair<std::size_t, std::size_t> cost_of(const choices& made) {
  const auto others =
      std::count_if(made.begin(), made.end(), [](std::uint32_t each) { return each != 0; });
  return {static_cast<std::size_t>(others), made.size()};
}

class simplifier {
 public:
  simplifier(explorer& explores, const run_outcome& failed)
      : explores_(explores), failure_(signature_of(failed)), best_(failed.made) {}

  choices simplify() {
    accept({});
    for (std::size_t size = best_.size(); size != 0; size /= 2) {
      for (std::size_t from = 0; from < best_.size() && tried_ < patience;) {
        choices tried = best_;
        const std::size_t end = std::min(from + size, tried.size());
        const auto first = tried.begin() + static_cast<std::ptrdiff_t>(from);
        const auto last = tried.begin() + static_cast<std::ptrdiff_t>(end);
        const bool changes = std::any_of(first, last, [](std::uint32_t each) { return each != 0; });
        std::fill(first, last, 0);
        if (!changes || !accept(tried)) from = end;
      }
    }
    return best_;
  }

 private:
  // True: it is simpler, and fails as before.
  bool accept(const choices& tried) {
    ++tried_;
    run_outcome outcome = explores_.look_at(tried);
    if (signature_of(outcome) != failure_ || cost_of(outcome.made) >= cost_of(best_)) return false;
    best_ = std::move(outcome.made);
    return true;
  }

  explorer& explores_;
  const std::string failure_;
  choices best_;
  std::size_t tried_ = 0;
};

}  // namespace

choices simplest(explorer& explores, const run_outcome& failed) {
  return simplifier(explores, failed).simplify();
}

}  // namespace leash::detail
