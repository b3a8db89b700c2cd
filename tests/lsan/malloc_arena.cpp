// The arena once more, on malloc: what takes its place in a program whose frames LeakSanitizer is to see, one by one. What knows
// the blocks here is kept inverted, so that it leads nobody to them. Freed blocks stay as they are, as in the arena,
// for late readers of their headers.
#include "lsan/malloc_arena.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <new>

#include "base/arena_pages.hpp"

namespace leash::detail {
namespace {

struct known_blocks {
  std::mutex lock;
  std::map<std::uintptr_t, std::size_t> bytes;  // by the inverted address: the highest first
  arena_usage used;
};

known_blocks& known() {
  static auto& one = *new known_blocks;
  return one;
}

// By chance other words are the addresses of blocks, too. Pieces of one size lie side by side, and the end of a vector is the
// beginning of its neighbour: blocks are so large that they have none but blocks. And malloc has the ends of what it
// has from the system on its stack: no block lies there.
void* allocate_apart(std::size_t bytes) {
  constexpr std::size_t apart = 1100;
  constexpr std::uintptr_t unit = std::uintptr_t{1} << 16;
  for (;;) {
    void* memory = std::malloc(apart + bytes);
    if (memory == nullptr) throw std::bad_alloc();
    const auto begin = reinterpret_cast<std::uintptr_t>(memory);
    const bool at_an_end = begin % unit == 0 || begin / unit != (begin + apart + bytes) / unit;
    if (!at_an_end || bytes > unit / 4) return memory;
  }
}

void count(block_kind kind, std::size_t bytes, std::size_t sign) {
  arena_usage& used = known().used;
  if (kind == block_kind::frame) used.live_frames += sign;
  used.live_blocks += sign;
  used.live_bytes += sign * bytes;
}

}  // namespace

// Any address may be in a block: find_block() knows.
constinit std::atomic<std::uintptr_t> arena_begin{0};
constinit std::atomic<std::size_t> arena_size{~std::size_t{0}};
// Nothing lies in the arena's own pages.
constinit page_info* arena_pages = nullptr;
constinit std::atomic<std::size_t> arena_used{0};

void* allocate_block(std::size_t bytes, block_kind kind, void* owner) {
  void* memory = allocate_apart(sizeof(block_header) + bytes);
  auto* header = new (memory) block_header{};
  header->owner.store(owner, std::memory_order_relaxed);
  header->kind.store(kind, std::memory_order_release);
  known_blocks& all = known();
  const std::lock_guard guard(all.lock);
  all.bytes[~reinterpret_cast<std::uintptr_t>(memory)] = sizeof(block_header) + bytes;
  count(kind, bytes, 1);
  return payload(header);
}

void free_block(void* block) noexcept {
  block_header* header = static_cast<block_header*>(block) - 1;
  known_blocks& all = known();
  const std::lock_guard guard(all.lock);
  const std::size_t bytes = all.bytes[~reinterpret_cast<std::uintptr_t>(header)];
  count(header->kind.load(std::memory_order_relaxed), bytes - sizeof(block_header),
        ~std::size_t{0});
  header->kind.store(block_kind::free, std::memory_order_release);
  auto* left = static_cast<std::byte*>(block);
  std::fill(left, left + (bytes - sizeof(block_header)), std::byte{0});
}

block_header* find_block(const void* address) noexcept {
  const auto inverted = ~reinterpret_cast<std::uintptr_t>(address);
  known_blocks& all = known();
  const std::lock_guard guard(all.lock);
  const auto at = all.bytes.lower_bound(inverted);
  if (at == all.bytes.end() || at->first - inverted >= at->second) return nullptr;
  return reinterpret_cast<block_header*>(~at->first);
}

arena_usage usage() noexcept {
  const std::lock_guard guard(known().lock);
  return known().used;
}

}  // namespace leash::detail

// Called by LeakSanitizer for each new piece of memory: what it was used for before leads nowhere.
// NOLINTNEXTLINE(bugprone-reserved-identifier): its name is LeakSanitizer's
extern "C" void __sanitizer_malloc_hook(const volatile void* memory, std::size_t bytes) {
  std::memset(const_cast<void*>(memory), 0, bytes);
}

namespace leash::testing {

std::vector<detail::block_header*> blocks_in_use() {
  std::vector<detail::block_header*> found;
  detail::known_blocks& all = detail::known();
  const std::lock_guard guard(all.lock);
  for (const auto& [inverted, bytes] : all.bytes) {
    auto* header = reinterpret_cast<detail::block_header*>(~inverted);
    if (header->kind.load() != detail::block_kind::free) found.push_back(header);
  }
  return found;
}

}  // namespace leash::testing
