#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <leash/detail/base/handle_walk.hpp>
#include <leash/detail/base/object.hpp>
#include <leash/detail/sched/goroutine.hpp>

#include "leak/proof/block_table.hpp"
#include "leak/proof/large_vector.hpp"
#include "leak/proof/live_graph.hpp"

// Which goroutines can never run again.
//
// A goroutine waits for things that others can do to objects. Who can do one of them has a handle that can, and the
// handle lies somewhere: outside (a thread's stack, a global, the heap), in a block that belongs to a goroutine, in the
// buffer of a channel, or in a traced block. So three kinds of nodes and who keeps whom alive:
//
//   ability (object, what is done to it)  -->  goroutine that waits for that
//                                         -->  ability to cancel a context below this one
//                                         -->  block that a handle to the object gives access to
//   goroutine                             -->  block that it owns or borrows from
//   block                                 -->  ability that a handle in it gives
//
// Live from the start: what runs or can run, waits for what has no handle (a timer, I/O), is outside, exposed or lent.
// What is reached from there is live too; all other goroutines that wait are proven to be leaked.
//
// Nothing is stopped meanwhile. Everything that was read and did not make somebody live is read once more at the end: what
// has changed makes live what depended on it. All first readings precede all second ones, so that there is an
// instant between them at which all of it held at once, and from then on nobody was left to change it. Preconditions
// and proof: docs/leak-proof.md.
//
// Invariants
// - A goroutine's word is read before, and again after, what it waits for: it waited for that, and for nothing else.
// - Of an object the versions are read before its handles, of a block its version before its owner and its marks.
// - What goroutines borrow is read after all that: a borrow that is not seen makes its block's version grow afterwards.
// - What is not understood is live: a record that is not in the first reading, a block without an owner, an object that is
//   gone.

namespace leash::detail {

struct proven_goroutine {
  goroutine* record;
  std::uint64_t word;  // as it was proven with: while the record has it, it waits still
  bool pinned =
      false;  // somebody who lives can reach one of its frames: it is not to be destroyed yet
  std::array<std::uint8_t, 7>
      nothing{};  // no hole, in which a stack's old pointers would come to lie on the heap
};

// Among these, which are in the order of their records; null: it is none of them.
inline const proven_goroutine* find_proven(std::span<const proven_goroutine> proven,
                                           const goroutine* record) noexcept {
  const auto at = std::ranges::lower_bound(proven, record, std::less<const goroutine*>(),
                                           &proven_goroutine::record);
  return at == proven.end() || at->record != record ? nullptr : &*at;
}

// How far a proof has come with the first reading.
enum class reading : std::uint8_t {
  goroutines,  // what each waits for
  ability,     // of one, the handles that give it; once for each
  borrows,     // all
};
// For tests, which change then what cannot be changed at will from another thread.
using reading_observer = void (*)(reading read);

class prover {
 public:
  explicit prover(reading_observer told = nullptr) noexcept : told_(told) {}

  // The leaked goroutines at one instant during the call, in the order of their records; valid until the next call. One
  // thread at a time. Throws std::bad_alloc.
  const std::vector<proven_goroutine>& prove();

  // What the last proof went through.
  struct effort {
    std::size_t goroutines = 0;  // that wait
    std::size_t abilities = 0;
    std::size_t handles = 0;
    std::size_t blocks = 0;
    std::size_t edges = 0;
  };
  const effort& last_effort() const noexcept { return effort_; }

 private:
  using node = live_graph::node;

  struct candidate {
    goroutine* record;
    std::uint64_t word;
    node self;
  };
  // What somebody can do to an object, by any of `what`.
  struct ability {
    object* target;
    capability_set what;
    std::uint32_t versions = 0;  // their sum
    std::uint32_t generation = 0;
    const object* parent = nullptr;
    std::uint32_t next = 0;  // of the same object, from 1; 0: none
    node self;
  };
  // A block as it was while a handle was listed in it.
  struct seen_block {
    const block_header* block;
    std::uint32_t version;  // read first
    block_kind kind;
    void* owner;
    bool open;
  };

  void clear();
  void make_room();
  void read_goroutine(goroutine& record);
  void depend(node waiter, object& target, capability_set what);
  std::uint32_t ability_to(object& target, capability_set what);
  void read_ability(std::uint32_t which);
  void read_handles(std::uint32_t which);
  static seen_block look_at(const block_header& block) noexcept;
  node node_of(const seen_block& seen);
  void place(const seen_block& seen, node self);
  void read_borrows();
  void read_again();

  void tell(reading read) const {
    if (told_ != nullptr) [[unlikely]]
      told_(read);
  }

  const reading_observer told_;
  live_graph graph_;
  large_vector<candidate> candidates_;
  large_vector<std::uint32_t> candidate_of_;  // by record, from 1; 0: it is none
  large_vector<ability> abilities_;
  large_vector<std::uint32_t> first_ability_;  // by object, from 1; 0: none
  block_table blocks_;
  std::vector<wait_target> targets_;
  std::array<seen_block, handle_walk::batch> seen_;
  std::vector<proven_goroutine> proven_;
  effort effort_;
};

}  // namespace leash::detail
