#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <leash/detail/base/arena.hpp>
#include <leash/detail/base/object.hpp>
#include <leash/detail/sched/goroutine.hpp>

#include "leak/proof/proven_goroutine.hpp"

namespace leash::detail {

// The same proof for a few goroutines, where it is a matter of some dozens of handles: the loser of a race. It gives up
// at the first sign of life, and when there is more to look at than it has room for. Neither allocates nor throws.
//
// It begins with one goroutine and goes on to those that have what could wake it. One of them that is live makes all
// live that led to it, the first among them: so there is nothing to spread. Blocks that somebody borrows from are
// taken for live, for who borrows is listed with the borrower only.
class local_proof {
 public:
  static constexpr std::size_t most_goroutines = 8;
  static constexpr std::size_t most_abilities = 24;
  static constexpr std::size_t most_blocks = 24;
  static constexpr std::size_t most_handles = 8;  // of one object

  // Whether the goroutine, and with it all in members(), can never run again. Any thread, without locks.
  bool prove(goroutine& first) noexcept {
    return prove(first, [] {});
  }
  // For tests: the same, with something that happens between the two readings.
  template <class Between>
  bool prove(goroutine& first, Between between) noexcept {
    if (!read(first)) return false;
    between();
    return is_still_so();
  }
  // After prove() has given false: nothing was seen to live, but there was too much to look at.
  bool is_undecided() const noexcept { return undecided_; }
  const proven_goroutine* begin() const noexcept { return goroutines_.data(); }
  const proven_goroutine* end() const noexcept { return goroutines_.data() + goroutine_count_; }

 private:
  struct ability {
    object* target;
    capability_set what;
    std::uint32_t versions;
    std::uint32_t generation;
    const object* parent;
  };
  struct block {
    const block_header* header;
    std::uint32_t version;
    block_kind kind;
    void* owner;
  };

  bool read(goroutine& first) noexcept;
  bool add(goroutine& record) noexcept;
  bool need(object* target, capability_set what) noexcept;
  bool look_for_able(const ability& sought) noexcept;
  bool add_block(const block_header& header) noexcept;
  bool follow(const block& found) noexcept;
  bool is_still_so() const noexcept;
  bool leave_undecided() noexcept {
    undecided_ = true;
    return false;
  }

  std::array<proven_goroutine, most_goroutines> goroutines_;
  std::array<ability, most_abilities> abilities_;
  std::array<block, most_blocks> blocks_;
  std::size_t goroutine_count_ = 0;
  std::size_t ability_count_ = 0;
  std::size_t block_count_ = 0;
  bool undecided_ = false;
};

}  // namespace leash::detail
