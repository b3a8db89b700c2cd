#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <leash/detail/base/reserved_range.hpp>

// Memory for coroutine frames, closures, channel buffers and traced blocks.
//
// All of it lies in one reserved range of addresses, so that "does this word point into a frame?" is
// one comparison, and every block has a header that is found by *looking up* any address inside the
// block (page -> stride -> block). A frame that the compiler elided lies inside its parent's block and
// is found to belong to it; nobody ever looks 16 bytes before a frame.
//
// Invariants
// - A page's stride is set before its first block is handed out and never changes.
// - A header's `kind` is `free` before its block can be handed out again; `owner` is stored before
//   `kind` on allocation, so a reader that sees a kind sees that kind's owner or a later one.
// - Memory is never given back to the system: a late reader of a header reads a header.
// - `lent` survives free_block: a lend that ends after its block did takes back its own count, and no
//   other's. Until then whoever has the memory next is taken for live, which is safe.

namespace leash::detail {

// `own`: what the runtime keeps for itself. Nobody gets anything from there, whatever it looks like, and it is not counted. Its
// memory is used for nothing else afterwards: what still points there points to nobody's frame.
enum class block_kind : std::uint8_t { free, frame, closure, buffer, traced, own };

// Whose a block is: a record or an object of leash's region, or null. In half a pointer's room.
class block_owner {
 public:
  void* load(std::memory_order order = std::memory_order_seq_cst) const noexcept {
    const std::uint32_t number = number_.load(order);
    return number == 0
               ? nullptr
               : reinterpret_cast<void*>(region_begin + (number - 1) * std::uintptr_t{unit});
  }
  void store(const void* owner, std::memory_order order = std::memory_order_seq_cst) noexcept {
    const std::uintptr_t at = reinterpret_cast<std::uintptr_t>(owner) - region_begin;
    number_.store(owner == nullptr ? 0 : static_cast<std::uint32_t>(at / unit) + 1, order);
  }

 private:
  static constexpr std::uintptr_t unit = 64;
  static_assert(region_size / unit <= std::uintptr_t{1} << 32);

  std::atomic<std::uint32_t> number_{0};
};

struct block_header {
  block_owner owner;  // frame, closure: the goroutine; buffer, traced: the object. May be null
  std::atomic<std::uint32_t> version;  // grows with every borrow, exposure and lend of the block
  std::atomic<block_kind> kind;
  std::atomic<std::uint8_t> marks;  // see exposure.hpp
  std::uint8_t size_class;
  std::atomic<std::uint8_t> lent;  // >0: somebody outside may use it for now, see exposure.hpp
};
static_assert(sizeof(block_header) == 12);
// What a block takes besides what lies in it. Where the block begins nothing is: that is one past the end of the block before, and
// nobody who means this one, or its header, has that address.
inline constexpr std::size_t header_bytes = 16;
inline constexpr std::size_t header_offset = header_bytes - sizeof(block_header);
// A count that has come this far stays until the memory is allocated anew.
constexpr std::uint8_t lent_for_good = 0xff;

// Written once, the size last: whoever sees a size sees the beginning.
extern std::atomic<std::uintptr_t> arena_begin;
extern std::atomic<std::size_t> arena_size;

inline bool in_arena(const void* address) noexcept {
  const std::size_t size = arena_size.load(std::memory_order_acquire);
  return reinterpret_cast<std::uintptr_t>(address) - arena_begin.load(std::memory_order_relaxed) <
         size;
}

// Storage of `bytes`, aligned to 16, with the header filled in. Throws std::bad_alloc. Any thread.
void* allocate_block(std::size_t bytes, block_kind kind, void* owner);

// Gives back what allocate_block returned. Any thread.
void free_block(void* block) noexcept;

// The header of the block that holds `address`; null outside the arena and in pages not in use. The
// block may be free, or be freed at any moment: the answer is a reading, not a promise. Any thread.
block_header* find_block(const void* address) noexcept;

// First byte behind the header.
inline void* payload(block_header* header) noexcept { return header + 1; }

struct arena_usage {
  std::size_t live_frames = 0;  // coroutine frames
  std::size_t live_blocks = 0;  // all kinds, frames included
  std::size_t live_bytes = 0;   // of all live blocks, headers included
};
// Exact when no other thread allocates or frees at this moment.
arena_usage usage() noexcept;

}  // namespace leash::detail
