#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <leash/detail/base/arena.hpp>
#include <leash/detail/base/object.hpp>
#include <leash/detail/sched/goroutine.hpp>

#include "leak/proof/proven_goroutine.hpp"
#include "leak/why/wait_view.hpp"

// Where the handles lie that would end a wait, for people: the nearest places, not the whole proof. What is in a buffer or a
// traced block is followed once, to who can get it from there.
//
// Invariants
// - A list of handles is read under its lock, some at a time. As long as a handle is listed its block is there, and whose the
//   block is; what was read then may have changed since, and is only told of.

namespace leash::detail {

enum class place_kind : std::uint8_t {
  goroutine,  // its frame or its closure
  borrower,   // a frame that this goroutine borrows from
  lent,       // a frame that everybody may use
  unowned,    // the frame of a task that has not begun
  outside,    // a global, the heap, a plain thread
  buffer,     // of a channel, from which nobody was found who can receive
  traced,     // a traced block that nobody was found to use
};
constexpr std::uint32_t bit_of(place_kind kind) noexcept {
  return std::uint32_t{1} << static_cast<unsigned>(kind);
}

// How it is reached: in a frame, or by way of a buffer or a traced block.
enum class place_way : std::uint8_t { direct, by_buffer, by_traced };

struct able_place {
  place_kind kind;
  place_way way = place_way::direct;
  goroutine* record = nullptr;  // of goroutine, borrower, and perhaps of lent
  std::uint64_t id = 0;
  bool proven = false;  // it can never run again itself
  auto operator<=>(const able_place& other) const noexcept = default;
};

// What was found for one wait.
struct able_places {
  static constexpr std::size_t most = 5;  // kept of a kind that can be many

  std::vector<able_place> live;
  std::vector<able_place> proven;
  std::size_t more_live = 0;
  std::size_t more_proven = 0;
  std::uint32_t kinds = 0;      // of those that live
  bool without_handle = false;  // a timer or the system can do it too
  bool incomplete = false;      // there are more handles than were looked at
  bool self = false;            // the waiting goroutine has one itself
  // Who have one, and wait for the same and for nothing else; sorted.
  std::vector<std::uint64_t> peers;

  // Somebody can do it, as far as is known.
  bool any_live() const noexcept { return kinds != 0 || without_handle || incomplete; }

 private:
  friend class able_finder;
  std::vector<able_place> known;  // sorted
};

// The borrows of all goroutines at one moment, by the block borrowed from.
class borrow_index {
 public:
  struct entry {
    const void* block;
    goroutine* record;
    std::uint64_t id;
  };
  std::span<const entry> borrowers_of(const block_header& block);

 private:
  void read_all();
  std::vector<entry> entries_;
  bool is_read_ = false;
};

class able_finder {
 public:
  // Enough for people, and for a first impression.
  static constexpr std::size_t thorough = 4096;
  static constexpr std::size_t quick = 32;

  // `proven` is in the order of records, and stays there.
  explicit able_finder(std::span<const proven_goroutine> proven) noexcept : proven_(proven) {}

  // Adds who else than the waiting goroutine can do that to the object. Looks at `handles` at most.
  void add(const wait_view& waiter, const seen_object& sought, std::size_t handles,
           able_places& into);
  // The same for a context and those above it.
  void add_cancelers(const wait_view& waiter, const seen_object& context, std::size_t handles,
                     able_places& into);

  bool is_proven(const goroutine& record) const noexcept;
  bool is_proven(const wait_view& seen) const noexcept;

 private:
  struct seen_handle {
    const block_header* block;  // null: outside
    block_kind kind;
    bool open;
    bool borrowed;
    void* owner;
    std::uint64_t id;          // of the goroutine that owns it
    std::uint32_t generation;  // of the object that does
  };

  static seen_handle look_at(const void* place) noexcept;
  void add_way(const wait_view& waiter, const seen_object& sought, std::size_t handles,
               place_way way, able_places& into);
  void place(const wait_view& waiter, const seen_object& sought, const seen_handle& seen,
             place_way way, able_places& into);
  void note(able_place found, able_places& into) const;

  std::span<const proven_goroutine> proven_;
  borrow_index borrows_;
};

}  // namespace leash::detail
