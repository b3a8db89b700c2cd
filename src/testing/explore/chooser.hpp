#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include <leash/explore.hpp>

#include "testing/explore/footprint.hpp"

namespace leash::detail {

// Who could take the next step.
struct alternative {
  std::uint64_t who = 0;  // the same goroutine, or timer, has the same in every schedule
  bool goes_on = false;   // it has taken the last step, and could take the next
  bool timer = false;
  std::array<std::uint8_t, 6> nothing{};  // no hole, see run_event
};

// Chooses a schedule, one choice after the other.
class chooser {
 public:
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  chooser() = default;
  chooser(chooser&&) = delete;
  virtual ~chooser() = default;

  // A schedule begins. False: there is none left.
  virtual bool begin(std::uint64_t seed) = 0;
  // The index of one of these, of which there are some; the first is who goes on, if anybody does. `none`: this schedule need not
  // go on, for it is the same as another.
  virtual std::uint32_t pick(std::span<const alternative> who) = 0;
  // One of 0 … count - 1; count is at least 2.
  virtual std::uint32_t choose(std::uint32_t count) = 0;
  // Whether it is to be told what every step has used; and what the one that was picked last has.
  virtual bool wants_footprints() const noexcept { return false; }
  virtual void stepped(std::uint64_t /*who*/, const footprint& /*used*/) {}
};

std::unique_ptr<chooser> make_chooser(const testing::explore_options& options);

}  // namespace leash::detail
