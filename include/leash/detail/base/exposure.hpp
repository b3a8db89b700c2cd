#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include <leash/detail/base/arena.hpp>

// Who uses what is in a frame. The proof of a leak takes it that a frame is used by its goroutine and by
// those who borrow from it. Where somebody else can use it, or is seen to, the frame is *exposed*: taken
// for live for as long as it exists. Where the program says that somebody else will, it is *lent*: taken
// for live until the program says that this is over.

namespace leash::detail {

// What a block is marked with until its memory is allocated anew.
inline constexpr std::uint8_t exposed_mark =
    1;  // somebody outside the ownership rules can use what is in here
inline constexpr std::uint8_t borrowed_mark = 2;  // a goroutine has it among its borrows, or had

// Marks the block; a prover that has looked at it before sees that it changed.
void expose(block_header& block) noexcept;

// Exposes every frame, closure and traced block that one of these words points into: they go to
// somebody who is not recorded as borrowing. Words that point into the words themselves, as small strings
// do, expose nothing.
void expose_targets(std::span<const std::byte> words) noexcept;

// A block that is lent is taken for live, and may be used by anybody, until the lend ends. Null is nobody's:
// nothing happens. A block that has been lent very often at once stays lent for as long as it exists.
void begin_lend(block_header* block) noexcept;
void end_lend(block_header* block) noexcept;

// Whatever is known of the block's owner: everybody may use what is in there, and a proof takes it for live.
bool is_open_to_all(const block_header& block) noexcept;
// Somebody outside the ownership rules can use what is in the block.
bool is_exposed(const block_header& block) noexcept;
// Somebody has recorded a borrow of the block since it was allocated, who may have ended.
bool is_borrowed(const block_header& block) noexcept;

// Somebody uses the handle that lives at `place`: it exposes its frame unless the user may use it. Any
// thread.
void note_use_in_arena(const void* place) noexcept;
inline void note_use(const void* place) noexcept {
  if (in_arena(place)) note_use_in_arena(place);
}

// Says whose the block is to the running code. Set by the floor above, which knows goroutines.
enum class use : std::uint8_t { allowed, by_foreign_goroutine, by_foreign_thread };
using judge_of_use = use (*)(const block_header& block) noexcept;
void set_judge_of_use(judge_of_use judge) noexcept;

struct exposures {
  std::uint64_t sent = 0;     // blocks that a value sent through a channel pointed into
  std::uint64_t foreign = 0;  // blocks whose handles somebody else used
};
// Since the program started. Any thread.
exposures count_exposures() noexcept;

// Whether a value of this type may have to be scanned.
template <class T>
inline constexpr bool may_hold_pointers =
    !(std::is_arithmetic_v<T> || std::is_enum_v<T> || std::is_empty_v<T>) &&
    alignof(T) >= alignof(void*);

template <class T>
void expose_targets_of(const T& value) noexcept {
  if constexpr (may_hold_pointers<T>) expose_targets(std::as_bytes(std::span(&value, 1)));
}

}  // namespace leash::detail
