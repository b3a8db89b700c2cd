#pragma once

#include <optional>
#include <vector>

#include <leash/detail/base/block_vector.hpp>

#include "testing/explore/chooser.hpp"
#include "testing/explore/happens_before.hpp"

namespace leash::detail {

// All schedules, depth first. Each run repeats the choices of the one before it up to the last that has an alternative left, and
// takes that.
//
// Sleep sets: when all schedules that go on with step a have been run, and one begins that takes b instead, a is asleep in it
// until a step is taken that a has anything to do with: before that, to take a would give a schedule that differs from one that
// has been run only in the order of independent steps. Where everybody is asleep, the schedule is given up.
//
// Dynamic partial-order reduction (Flanagan and Godefroid, Dynamic Partial-Order Reduction for Model Checking Software, POPL 2005): of those
// who could take a step, one is run first, and another only when a step of it, later in some schedule, turned out to have to do with
// what was done instead: then it is run before that.
//
// Invariant: what a sleeper's step will use is known, and does not change while it sleeps, since nothing that it depends on has
// happened.
class exhaustive_chooser final : public chooser {
 public:
  exhaustive_chooser(std::optional<std::uint32_t> preemptions, bool reduced) noexcept
      : preemptions_(preemptions), reduced_(reduced && !preemptions) {}

  bool begin(std::uint64_t seed) override;
  std::uint32_t pick(std::span<const alternative> who) override;
  std::uint32_t choose(std::uint32_t count) override;
  bool wants_footprints() const noexcept override { return reduced_; }
  void stepped(std::uint64_t who, const footprint& used) override;

 private:
  struct sleeper {
    std::uint64_t who;
    footprint uses;
  };
  struct node {
    std::uint32_t count = 0;
    std::uint32_t chosen = 0;
    bool of_steps = false;          // else of choose()
    own_vector<alternative> who{};  // of steps
    std::vector<bool> wanted{};     // of these, those that are to be run from here, or were
    std::vector<bool> done{};       // those that were, or are being
    std::vector<sleeper> asleep{};  // when it was reached, and those that were run from here
    std::size_t steps_before = 0;   // of this schedule
    footprint used{};               // by the chosen one, in all schedules so far
    std::uint32_t preempted = 0;    // so often before
  };

  bool may_be(const node& at, std::uint32_t index) const noexcept;
  // The next one that is worth to be run; `none`: no other is.
  std::uint32_t next_of(const node& at) const noexcept;
  void choose_in(node& at, std::uint32_t index);
  void look_for_races();
  void look_for_disabled(std::span<const alternative> now);
  void want_before(std::size_t index);
  std::uint32_t preemptions_after(const node& at) const noexcept;

  const std::optional<std::uint32_t> preemptions_;
  const bool reduced_;
  bool begun_ = false;
  std::vector<node> path_;
  std::size_t depth_ = 0;             // how many of the path's nodes this run has passed
  std::size_t of_step_ = none_yet;    // the node that picked the step that is being taken
  std::size_t last_pick_ = none_yet;  // the node before
  std::size_t step_ = 0;              // how many steps of this run were taken
  happens_before order_;
  std::vector<sleeper> asleep_;  // now
  std::uint32_t preempted_ = 0;
  static constexpr std::size_t none_yet = ~std::size_t{0};
};

}  // namespace leash::detail
