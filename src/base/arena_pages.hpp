#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <leash/detail/base/arena.hpp>

// How the arena is cut into blocks, for who looks addresses up: the arena itself, and a proof, which takes no locks.

namespace leash::detail {

inline constexpr std::size_t page_bytes = std::size_t{1} << 16;

// What a page is cut into. `stride` 0: not in use. A large block's pages carry the distance back to
// its first page; its number of pages stands in the first one's `reciprocal`.
struct page_info {
  std::atomic<std::uint32_t> stride;
  std::atomic<std::uint32_t> reciprocal;  // ceil(2^32 / stride): division by multiplication
  std::atomic<std::uint32_t> pages_back;
};
inline constexpr std::uint32_t large_stride = 0xffffffff;

// One for each page of the arena; set before arena_size is.
extern page_info* arena_pages;
// So much of it has been given out, from its beginning.
extern std::atomic<std::size_t> arena_used;

struct found_block {
  block_header* header;
  std::size_t bytes;  // of all of it, the header included
};

// The block that holds the byte at this offset in the arena, which begins at `begin`; null: none does.
[[gnu::always_inline]] inline found_block block_at(std::uintptr_t begin, std::uintptr_t offset,
                                                   const page_info* pages) noexcept {
  const std::size_t page = offset / page_bytes;
  const page_info& info = pages[page];
  const std::uint32_t stride = info.stride.load(std::memory_order_acquire);
  if (stride == 0) return {nullptr, 0};
  if (stride == large_stride) {
    const std::size_t first = page - info.pages_back.load(std::memory_order_relaxed);
    return {reinterpret_cast<block_header*>(begin + first * page_bytes + header_offset),
            pages[first].reciprocal.load(std::memory_order_relaxed) * page_bytes};
  }
  const auto inside = static_cast<std::uint64_t>(offset % page_bytes);
  const std::uint64_t block = (inside * info.reciprocal.load(std::memory_order_relaxed)) >> 32;
  if ((block + 1) * stride > page_bytes) return {nullptr, 0};
  return {
      reinterpret_cast<block_header*>(begin + page * page_bytes + block * stride + header_offset),
      stride};
}

}  // namespace leash::detail
