#include <leash/detail/base/arena.hpp>

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <mutex>
#include <new>
#include <vector>

#include <leash/detail/base/mutation.hpp>
#include <leash/detail/base/reserved_range.hpp>
#include <leash/detail/base/sanitizer.hpp>
#include <leash/detail/base/spin_lock.hpp>

#include "base/arena_pages.hpp"

#if LEASH_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/lsan_interface.h>
#endif

// Size classes share pages of 64 KiB; what is larger than the largest class has whole pages of its
// own. Each thread keeps short lists of free blocks; the central lists take what is too much and give
// chains back. Under AddressSanitizer free blocks are poisoned and wait in line before they are used
// again, so that a use after free is seen.

namespace leash::detail {
namespace {

constexpr std::size_t reserve_bytes = std::size_t{64} << 30;
constexpr std::size_t smallest_reserve = std::size_t{1} << 30;
constexpr std::uint8_t large_class = 0xff;

constexpr auto class_bytes = [] {
  std::array<std::uint32_t, 56> bytes{};
  std::size_t n = 0;
  for (std::uint32_t size = 16; size <= 512; size += 16) bytes[n++] = size;
  for (std::uint32_t size = 576; size <= 1024; size += 64) bytes[n++] = size;
  for (std::uint32_t size = 1280; size <= 2048; size += 256) bytes[n++] = size;
  for (std::uint32_t size = 2560; size <= 4096; size += 512) bytes[n++] = size;
  for (std::uint32_t size = 5120; size <= 8192; size += 1024) bytes[n++] = size;
  for (std::uint32_t size = 10240; size <= 16384; size += 2048) bytes[n++] = size;
  return bytes;
}();
constexpr std::size_t class_count = class_bytes.size();
static_assert(class_count <= large_class);

std::uint8_t class_of(std::size_t bytes) noexcept {
  if (bytes <= 512) return static_cast<std::uint8_t>(bytes == 0 ? 0 : (bytes - 1) / 16);
  if (bytes <= 1024) return static_cast<std::uint8_t>(32 + (bytes - 513) / 64);
  if (bytes > class_bytes.back()) return large_class;
  const auto octave = static_cast<std::size_t>(std::bit_width(bytes - 1)) - 11;  // 1025… -> 0
  const std::size_t quarter = std::size_t{256} << octave;
  const std::size_t below = (std::size_t{1024} << octave) + 1;
  return static_cast<std::uint8_t>(40 + octave * 4 + (bytes - below) / quarter);
}

struct free_link {
  free_link* next;
};

void poison([[maybe_unused]] void* block, [[maybe_unused]] std::size_t bytes) noexcept {
#if LEASH_ASAN
  __asan_poison_memory_region(block, bytes);
#endif
}

void unpoison([[maybe_unused]] void* block, [[maybe_unused]] std::size_t bytes) noexcept {
#if LEASH_ASAN
  __asan_unpoison_memory_region(block, bytes);
#endif
}

// The link of a free block; its eight bytes stay readable.
free_link* link_of(void* block) noexcept {
  unpoison(block, sizeof(free_link));
  return static_cast<free_link*>(block);
}

struct counters {
  std::atomic<std::int64_t> frames{0};
  std::atomic<std::int64_t> blocks{0};
  std::atomic<std::int64_t> bytes{0};

  void add(block_kind kind, std::int64_t sign, std::int64_t size) noexcept {
    // Only the owning thread writes; readers want no more than a recent value.
    const auto bump = [](std::atomic<std::int64_t>& counter, std::int64_t by) {
      counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
    };
    if (kind == block_kind::own) return;
    if (kind == block_kind::frame) bump(frames, sign);
    bump(blocks, sign);
    bump(bytes, sign * size);
  }
};

struct thread_cache {
  std::array<free_link*, class_count> head{};
  std::array<std::uint32_t, class_count> count{};
  counters live;
  bool registered = false;
};
constinit thread_local thread_cache local_cache;

class central {
 public:
  static central& instance() noexcept {
    static central& one = *new central;  // never destroyed: late threads still free blocks
    return one;
  }

  void refill(std::uint8_t size_class);
  void spill(thread_cache& cache, std::uint8_t size_class, std::uint32_t keep) noexcept;
  void* allocate_large(std::size_t bytes);
  void free_large(block_header* header) noexcept;
  std::size_t large_bytes(const block_header* header) const noexcept;

  // Null: there is none.
  free_link* take_own(std::uint8_t size_class) noexcept {
    const std::lock_guard guard(lock_);
    free_link* block = free_own_[size_class];
    if (block != nullptr) free_own_[size_class] = link_of(block)->next;
    return block;
  }
  void give_own(free_link* block, std::uint8_t size_class) noexcept {
    const std::lock_guard guard(lock_);
    block->next = free_own_[size_class];
    free_own_[size_class] = block;
    poison(block, class_bytes[size_class]);
  }

  void enroll(thread_cache& cache) {
    const std::lock_guard guard(lock_);
    caches_.push_back(&cache);
  }
  void retire(thread_cache& cache) noexcept;
  arena_usage usage() noexcept;

 private:
  central();
  std::size_t take_pages(std::size_t count);

  struct large_span {
    std::size_t first_page;
    std::size_t page_count;
  };

  reserved_range range_;
  spin_lock lock_;
  std::array<free_link*, class_count> free_{};
  std::array<free_link*, class_count> free_own_{};
#if LEASH_ASAN
  std::array<free_link*, class_count> newest_{};
  std::array<std::uint32_t, class_count> waiting_{};
#endif
  std::size_t next_page_ = 0;
  std::vector<large_span> free_large_;
  std::vector<thread_cache*> caches_;
  counters retired_;
};

// Gives a thread's free blocks back when the thread ends.
struct cache_owner {
  ~cache_owner() { central::instance().retire(local_cache); }
};

void enroll_this_thread() {
  static thread_local cache_owner owner;
  static_cast<void>(owner);
  central::instance().enroll(local_cache);
  local_cache.registered = true;
}

central::central() {
  for (std::size_t size = reserve_bytes; size >= smallest_reserve; size /= 2) {
    if (!range_.reserve(size + page_bytes)) continue;
    const auto begin = reinterpret_cast<std::uintptr_t>(range_.begin());
    arena_begin.store((begin + page_bytes - 1) & ~(page_bytes - 1), std::memory_order_relaxed);
    void* table = mmap(nullptr, size / page_bytes * sizeof(page_info), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (table == MAP_FAILED) throw std::bad_alloc();
    arena_pages = static_cast<page_info*>(table);
    arena_size.store(size, std::memory_order_release);
    return;
  }
  throw std::bad_alloc();
}

std::size_t central::take_pages(std::size_t count) {
  if ((next_page_ + count) * page_bytes > arena_size) throw std::bad_alloc();
  const std::size_t first = next_page_;
  next_page_ += count;
  arena_used.store(next_page_ * page_bytes, std::memory_order_release);
  range_.use(arena_begin + next_page_ * page_bytes -
             reinterpret_cast<std::uintptr_t>(range_.begin()));
#if LEASH_ASAN
  __lsan_register_root_region(reinterpret_cast<void*>(arena_begin + first * page_bytes),
                              count * page_bytes);
#endif
  return first;
}

void central::refill(std::uint8_t size_class) {
  constexpr std::uint32_t chain = 32;
  thread_cache& cache = local_cache;
  const std::lock_guard guard(lock_);
#if LEASH_ASAN
  // A freed block is used again only when some hundred younger ones wait behind it.
  constexpr std::uint32_t quarantine = 512;
  const bool reuse = waiting_[size_class] > quarantine;
#else
  const bool reuse = free_[size_class] != nullptr;
#endif
  if (reuse) {
    free_link* block = free_[size_class];
    std::uint32_t taken = 0;
    while (taken < chain && block != nullptr) {
      free_link* next = link_of(block)->next;
      block->next = cache.head[size_class];
      cache.head[size_class] = block;
      block = next;
      ++taken;
    }
    free_[size_class] = block;
#if LEASH_ASAN
    waiting_[size_class] -= taken;
    if (block == nullptr) newest_[size_class] = nullptr;
#endif
    cache.count[size_class] += taken;
    return;
  }
  const std::size_t page = take_pages(1);
  const auto stride = static_cast<std::uint32_t>(class_bytes[size_class] + header_bytes);
  page_info& info = arena_pages[page];
  info.reciprocal.store(
      static_cast<std::uint32_t>(((std::uint64_t{1} << 32) + stride - 1) / stride),
      std::memory_order_relaxed);
  info.stride.store(stride, std::memory_order_release);
  const std::uintptr_t begin = arena_begin + page * page_bytes;
  for (std::size_t block = page_bytes / stride; block-- > 0;) {
    auto* header =
        new (reinterpret_cast<void*>(begin + block * stride + header_offset)) block_header{};
    header->size_class = size_class;
    auto* link = static_cast<free_link*>(payload(header));
    link->next = cache.head[size_class];
    cache.head[size_class] = link;
    ++cache.count[size_class];
    poison(link, class_bytes[size_class]);
  }
}

void central::spill(thread_cache& cache, std::uint8_t size_class, std::uint32_t keep) noexcept {
  const std::lock_guard guard(lock_);
  while (cache.count[size_class] > keep) {
    free_link* block = cache.head[size_class];
    cache.head[size_class] = link_of(block)->next;
    --cache.count[size_class];
#if LEASH_ASAN
    block->next = nullptr;
    if (newest_[size_class] != nullptr)
      link_of(newest_[size_class])->next = block;
    else
      free_[size_class] = block;
    newest_[size_class] = block;
    ++waiting_[size_class];
#else
    block->next = free_[size_class];
    free_[size_class] = block;
#endif
  }
}

void* central::allocate_large(std::size_t bytes) {
  const std::size_t count = (bytes + header_bytes + page_bytes - 1) / page_bytes;
  std::unique_lock guard(lock_);
  const auto fits = std::find_if(free_large_.begin(), free_large_.end(),
                                 [&](const large_span& s) { return s.page_count == count; });
  std::size_t first = 0;
  const bool was_used = fits != free_large_.end();
  if (was_used) {
    first = fits->first_page;
    *fits = free_large_.back();
    free_large_.pop_back();
  } else {
    first = take_pages(count);
    free_large_.reserve(next_page_);  // so that free_large() cannot throw
    new (reinterpret_cast<void*>(arena_begin + first * page_bytes + header_offset)) block_header{};
    for (std::size_t i = 0; i < count; ++i) {
      arena_pages[first + i].pages_back.store(static_cast<std::uint32_t>(i),
                                              std::memory_order_relaxed);
      arena_pages[first + i].stride.store(large_stride, std::memory_order_release);
    }
    arena_pages[first].reciprocal.store(static_cast<std::uint32_t>(count),
                                        std::memory_order_relaxed);
  }
  auto* header = reinterpret_cast<block_header*>(arena_begin + first * page_bytes + header_offset);
  header->size_class = large_class;
  guard.unlock();
  unpoison(payload(header), count * page_bytes - header_bytes);
  // Of its other pages the system has taken the memory back.
  if (was_used) std::memset(payload(header), 0, page_bytes - header_bytes);
  return payload(header);
}

std::size_t central::large_bytes(const block_header* header) const noexcept {
  const std::size_t page = (reinterpret_cast<std::uintptr_t>(header) - arena_begin) / page_bytes;
  return arena_pages[page].reciprocal.load(std::memory_order_relaxed) * page_bytes;
}

void central::free_large(block_header* header) noexcept {
  const std::size_t page = (reinterpret_cast<std::uintptr_t>(header) - arena_begin) / page_bytes;
  const std::size_t count = arena_pages[page].reciprocal.load(std::memory_order_relaxed);
  // The memory goes back to the system, the addresses stay; the header's page is kept.
  if (count > 1)
    madvise(reinterpret_cast<void*>(arena_begin + (page + 1) * page_bytes),
            (count - 1) * page_bytes, MADV_DONTNEED);
  poison(payload(header), count * page_bytes - header_bytes);
  const std::lock_guard guard(lock_);
  free_large_.push_back({page, count});
}

void central::retire(thread_cache& cache) noexcept {
  for (std::uint8_t c = 0; c < class_count; ++c)
    if (cache.count[c] != 0) spill(cache, c, 0);
  const std::lock_guard guard(lock_);
  std::erase(caches_, &cache);
  const auto move = [](std::atomic<std::int64_t>& to, std::atomic<std::int64_t>& from) {
    to.fetch_add(from.exchange(0, std::memory_order_relaxed), std::memory_order_relaxed);
  };
  move(retired_.frames, cache.live.frames);
  move(retired_.blocks, cache.live.blocks);
  move(retired_.bytes, cache.live.bytes);
  cache.registered = false;
}

arena_usage central::usage() noexcept {
  const std::lock_guard guard(lock_);
  std::int64_t frames = retired_.frames.load(std::memory_order_relaxed);
  std::int64_t blocks = retired_.blocks.load(std::memory_order_relaxed);
  std::int64_t bytes = retired_.bytes.load(std::memory_order_relaxed);
  for (const thread_cache* cache : caches_) {
    frames += cache->live.frames.load(std::memory_order_relaxed);
    blocks += cache->live.blocks.load(std::memory_order_relaxed);
    bytes += cache->live.bytes.load(std::memory_order_relaxed);
  }
  const auto positive = [](std::int64_t n) {
    return static_cast<std::size_t>(std::max<std::int64_t>(n, 0));
  };
  return {positive(frames), positive(blocks), positive(bytes)};
}

[[gnu::noinline]] void refill_cache(std::uint8_t size_class) {
  if (!local_cache.registered) enroll_this_thread();
  central::instance().refill(size_class);
}

block_header* header_of(void* block) noexcept { return static_cast<block_header*>(block) - 1; }

std::size_t block_bytes(const block_header* header) noexcept {
  return header->size_class == large_class ? central::instance().large_bytes(header)
                                           : class_bytes[header->size_class] + header_bytes;
}

}  // namespace

constinit std::atomic<std::uintptr_t> arena_begin{0};
constinit std::atomic<std::size_t> arena_size{0};
constinit page_info* arena_pages = nullptr;
constinit std::atomic<std::size_t> arena_used{0};

[[gnu::noinline]] void* allocate_block(std::size_t bytes, block_kind kind, void* owner) {
  const std::uint8_t size_class = class_of(bytes);
  thread_cache& cache = local_cache;
  void* block = nullptr;
  if (size_class == large_class) {
    if (!cache.registered) enroll_this_thread();
    block = central::instance().allocate_large(bytes);
  } else if (free_link* own =
                 kind == block_kind::own ? central::instance().take_own(size_class) : nullptr) {
    unpoison(own, class_bytes[size_class]);
    own->next = nullptr;
    block = own;
  } else {
    if (cache.head[size_class] == nullptr) refill_cache(size_class);
    free_link* link = link_of(cache.head[size_class]);
    cache.head[size_class] = link->next;
    --cache.count[size_class];
    unpoison(link, class_bytes[size_class]);
    // What was there before would be taken for what is there now, wherever that leaves holes.
    std::memset(link, 0, class_bytes[size_class]);
    block = link;
  }
  block_header* header = header_of(block);
  header->owner.store(owner, std::memory_order_relaxed);
  header->marks.store(0, std::memory_order_relaxed);
  if (header->lent.load(std::memory_order_relaxed) == lent_for_good)
    header->lent.store(0, std::memory_order_relaxed);
  header->kind.store(kind, std::memory_order_release);
  cache.live.add(kind, +1, static_cast<std::int64_t>(block_bytes(header)));
  return block;
}

[[gnu::noinline]] void free_block(void* block) noexcept {
  constexpr std::uint32_t most_kept = 256;
  thread_cache& cache = local_cache;
  block_header* header = header_of(block);
  const std::uint8_t size_class = header->size_class;
  const block_kind kind = header->kind.load(std::memory_order_relaxed);
  cache.live.add(kind, -1, static_cast<std::int64_t>(block_bytes(header)));
  header->kind.store(block_kind::free, std::memory_order_release);
  header->owner.store(nullptr, std::memory_order_relaxed);
  if (!cache.registered) enroll_this_thread();
  if (size_class == large_class) {
    central::instance().free_large(header);
    return;
  }
  auto* link = static_cast<free_link*>(block);
  if (kind == block_kind::own) return central::instance().give_own(link, size_class);
  link->next = cache.head[size_class];
  cache.head[size_class] = link;
  poison(link, class_bytes[size_class]);
  if (++cache.count[size_class] > (LEASH_ASAN ? 0 : most_kept))
    central::instance().spill(cache, size_class, LEASH_ASAN ? 0 : most_kept / 2);
}

block_header* find_block(const void* address) noexcept {
  if (!in_arena(address)) return nullptr;
  const std::uintptr_t begin = arena_begin.load(std::memory_order_relaxed);
  const std::uintptr_t offset = reinterpret_cast<std::uintptr_t>(address) - begin;
  return block_at(begin, offset, arena_pages).header;
}

arena_usage usage() noexcept { return central::instance().usage(); }

}  // namespace leash::detail
