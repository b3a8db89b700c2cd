#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "testing/explore/footprint.hpp"

namespace leash::detail {

// Which steps of a schedule have to come before which: those of one goroutine in their order, who wakes before who is woken, and of two
// steps that use the same the one that came first.
class happens_before {
 public:
  static constexpr std::size_t none = ~std::size_t{0};

  struct step {
    std::size_t who;   // dense, see number_of
    std::size_t node;  // the choice that picked it; none: there was no choice
    footprint used;
    std::vector<std::uint32_t>
        clock;  // by who: how many of the steps, up to that of them, come before, or are it
  };

  const std::vector<step>& steps() const noexcept { return steps_; }
  std::size_t number_of(std::uint64_t who);

  // Another schedule begins, which has the first `kept` steps of this one.
  void keep(std::size_t kept);
  // A step that was taken after all others.
  void add(std::uint64_t who, std::size_t node, const footprint& used);
  // The last step, by another, that has something to do with the last of all, and could have come after it. None: there is none.
  std::size_t last_race(std::size_t before) const noexcept;
  // Whether somebody's step after that one, or the last step of all itself, has to come before the last of all.
  bool leads_to_last(std::size_t who, std::size_t after) const noexcept;
  // Whether the one who took the last step could not before that one: it was made or armed by it.
  bool born_in(std::size_t index) const noexcept;

 private:
  using vector_clock = std::vector<std::uint32_t>;
  static void join(vector_clock& into, const vector_clock& other);
  static std::uint32_t at(const vector_clock& clock, std::size_t who) noexcept {
    return who < clock.size() ? clock[who] : 0;
  }
  vector_clock& known_by(std::size_t who);
  void wake_all_of(const step& by);

  std::vector<step> steps_;
  std::vector<vector_clock> known_;  // by who: what comes before his next step
  vector_clock before_last_;         // what came before the last step, apart from what it has used
  std::unordered_map<std::uint64_t, std::size_t> numbers_;
};

}  // namespace leash::detail
