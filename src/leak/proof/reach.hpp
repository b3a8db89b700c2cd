#pragma once

#include <cstddef>
#include <cstdint>

#include <leash/detail/base/object.hpp>
#include <leash/detail/sched/goroutine.hpp>

#include "base/arena_pages.hpp"
#include "base/world/memory_map.hpp"
#include "leak/proof/work_area.hpp"

// Who can still be woken, while the world stands: pointers are followed from what can run.
//
//   roots   frames and closures of goroutines that run, can run, or wait for what time, I/O or a deadline ends; stacks of all
//           threads from their stack pointers up, with the registers; all other memory (see memory_map.hpp)
//   nodes   blocks of the arena; objects, each with what can be done to it
//   edges   a word in reached memory: a tagged one gives its object and its capabilities, a bare pointer to an object all of
//           them, a pointer into a block, or to its end, the block
//           an object that is reached at all: what it contains (its last reference destroys that), and its parent
//           an object that can be cancelled: the contexts below it can be, too
//   waits   a goroutine is live whose wait is ended by what is reached: then its frames and its closure are
//
// Of the other goroutines nobody has, or can come by, what would end their waits: they are leaked. docs/leak-proof.md has the
// theorem and what it rests on.
//
// Invariants
// - Nothing here allocates, locks or calls the C library. Frames are read after the world has been stopped, never before.
// - A frame's links to the frame that awaits it, and to its goroutine, are no edges: who points into a frame has no way along
//   its goroutine's stack.
// - What was proven before stays so while it waits: a stale word may reach it later, but nobody can wake it.

namespace leash::detail {

class reach {
 public:
  struct leaked {
    goroutine* record;
    std::uint64_t word;
    bool pinned;  // somebody who lives can reach a frame of it
  };

  // Makes room for all there is now, and some more; before the world is stopped. False: there is none.
  bool prepare() noexcept;
  // While the world stands; `own_stack`: where the caller's stack begins. False: what there was no room for came meanwhile, or
  // memory could not be listed.
  bool compute(std::uintptr_t own_stack) noexcept;

  const leaked* begin() const noexcept { return found_.begin(); }
  const leaked* end() const noexcept { return found_.begin() + found_count_; }

  struct effort {
    std::size_t waiting = 0;  // goroutines that may be leaked
    std::size_t blocks = 0;   // that were reached
    std::size_t bytes = 0;    // that were read
  };
  const effort& last_effort() const noexcept { return effort_; }

  // By what a goroutine was found to be live.
  enum class led_by : std::uint8_t {
    itself,     // it runs, can run, or waits for what has no handle
    object,     // `at`: the object by which its wait is ended
    word,       // `at`: where the word lay that named the object, or pointed into the block
    parent,     // `at`: the object below, or above, in a tree of contexts
    goroutine,  // `at`: the record of the one whose frame it is
    nothing,
  };
  struct lead {
    led_by by;
    std::uintptr_t at;
  };
  // Of the last computation, until the next.
  lead lead_to(const goroutine& record) const noexcept;
  // To where it is held, and to what can do something to it.
  lead lead_to(const object& reached) const noexcept;
  lead lead_to_use_of(const object& reached) const noexcept;
  lead lead_to_block(const void* inside) const noexcept;

 private:
  enum class standing : std::uint8_t { none, candidate, live, root, known };
  // Somebody, or something, for whom it matters what can be done to an object. In a list of the object.
  struct dependent {
    std::uint32_t next;   // from 1; 0: none
    std::uint32_t who;    // a goroutine's index, or an object's
    capability_set what;  // above it: `object_bit`
  };
  static constexpr capability_set object_bit = capability_set{1} << 31;
  static constexpr std::uint8_t held = 32;
  static constexpr std::uint8_t everything = 63;

  void clear() noexcept;
  bool read_frames() noexcept;
  void read_goroutines() noexcept;
  void read_goroutine(std::uint32_t index) noexcept;
  bool depend(std::uint32_t goroutine, object& on, capability_set what) noexcept;
  bool add_dependent(std::uint32_t on, std::uint32_t who, capability_set what) noexcept;
  void scan_roots() noexcept;
  void scan_registers() noexcept;
  void scan(std::uintptr_t begin, std::uintptr_t end) noexcept;
  void see_word(std::uintptr_t word, const volatile void* place) noexcept;
  void see_object(std::uint32_t index, std::uint8_t can, lead from) noexcept;
  void see_address(std::uintptr_t address, lead from) noexcept;
  void see_block(const found_block& block, lead from) noexcept;
  void make_live(std::uint32_t goroutine, lead from) noexcept;
  void go_on() noexcept;
  void go_on_with_block(std::uintptr_t header) noexcept;
  void go_on_with_object(std::uint32_t index) noexcept;
  bool was_seen(const void* address) const noexcept;
  void collect() noexcept;

  // As they were when the world had stopped.
  object* objects_ = nullptr;
  goroutine* records_ = nullptr;
  std::uint32_t object_count_ = 0;
  std::uint32_t record_count_ = 0;
  std::uintptr_t arena_begin_ = 0;
  std::size_t arena_used_ = 0;

  work_area<std::uint32_t> first_dependent_;  // by object
  work_area<std::uint8_t> can_;               // by object: what is reached
  work_area<std::uint8_t> gone_through_;      // by object: of that, what has been followed
  work_area<standing> standing_;              // by goroutine
  work_area<dependent> dependents_;
  work_area<std::uint64_t> seen_;  // a bit for each place of the arena at which a block may begin
  work_area<std::uintptr_t>
      to_do_;  // headers of blocks; objects by their index, with the lowest bit set
  work_area<leaked> found_;
  // Written when what they are of was reached first; what is older is not looked at.
  work_area<lead> lead_to_object_;     // by object
  work_area<lead> lead_to_use_;        // by object; as far as anything can be done to it
  work_area<lead> lead_to_goroutine_;  // by record
  work_area<lead> lead_to_block_;      // by a block's number
  std::size_t dependent_count_ = 0;
  std::size_t to_do_count_ = 0;
  std::size_t found_count_ = 0;
  // How far the areas were written to last time.
  std::uint32_t dirty_objects_ = 0;
  std::uint32_t dirty_records_ = 0;
  std::size_t dirty_arena_ = 0;
  memory_map map_;
  effort effort_;
};

}  // namespace leash::detail
