#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "testing/explore/chooser.hpp"

namespace leash::detail {

// What a schedule chose, where there was anything to choose: an index each. The first is what is done without a reason to do
// anything else: who runs goes on, else who waits longest.
using choices = std::vector<std::uint32_t>;

// "2.0x14.1": two, fourteen times the first, one. Zeros at the end are left out.
std::string text_of(const choices& made);
// Throws errc::bad_option for a text that is none.
choices choices_in(std::string_view text);

// Makes given choices, and the first of all where there are none. Where a choice cannot be made, because the schedule has become
// another, the first as well.
class replay_chooser final : public chooser {
 public:
  explicit replay_chooser(choices given) : given_(std::move(given)) {}

  bool begin(std::uint64_t) override {
    next_ = 0;
    return true;
  }
  std::uint32_t pick(std::span<const alternative> who) override {
    return who.size() == 1 ? 0 : choose(static_cast<std::uint32_t>(who.size()));
  }
  std::uint32_t choose(std::uint32_t count) override {
    if (next_ == given_.size()) return 0;
    const std::uint32_t made = given_[next_++];
    return made < count ? made : 0;
  }

 private:
  choices given_;
  std::size_t next_ = 0;
};

}  // namespace leash::detail
