#include <leash/detail/base/reserved_range.hpp>

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>

namespace leash::detail {
namespace {

// A system call for so much: the kernel joins what is shown to what was shown before.
constexpr std::size_t step = std::size_t{1} << 20;
// From here on in large pages: to have a million goroutines' worth of small ones mapped takes longer than to start them, and
// who goes through all of them looks every other one up in page tables. Small programs do not get so far.
constexpr std::size_t large = std::size_t{8} << 20;
constexpr std::size_t large_page = std::size_t{2} << 20;

std::byte* round_up(std::byte* address, std::size_t unit) noexcept {
  const auto number = reinterpret_cast<std::uintptr_t>(address);
  return address + ((number + unit - 1) / unit * unit - number);
}

// What of the region is not given out yet, from its beginning.
constinit std::atomic<std::size_t> given{0};

// Null: the system refuses, or the region is full. Somebody else's mapping in it is passed over.
void* map_in_region(std::size_t bytes) noexcept {
  constexpr std::size_t leap = std::size_t{4} << 30;
  bytes = (bytes + large - 1) / large * large;
  for (;;) {
    std::size_t offset = given.load(std::memory_order_relaxed);
    do {
      if (bytes > region_size - offset) return nullptr;
    } while (!given.compare_exchange_weak(offset, offset + bytes, std::memory_order_relaxed));
    void* const wanted = reinterpret_cast<void*>(region_begin + offset);
    void* const got =
        mmap(wanted, bytes, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (got == wanted) return got;
    std::size_t end = offset + bytes;
    if (got == MAP_FAILED && errno != EEXIST) {
      given.compare_exchange_strong(end, offset, std::memory_order_relaxed);
      return nullptr;
    }
    // A kernel before 4.17 takes the address for a wish.
    if (got != MAP_FAILED) munmap(got, bytes);
    given.compare_exchange_strong(end, std::min(offset + leap, region_size),
                                  std::memory_order_relaxed);
  }
}

}  // namespace

bool reserved_range::reserve(std::size_t bytes) noexcept {
  void* const range = map_in_region(bytes);
  if (range == nullptr) return false;
  begin_ = static_cast<std::byte*>(range);
  size_ = bytes;
  // Where the kernel does not know this, dumps are larger, and all is well.
  madvise(range, bytes, MADV_DONTDUMP);
  return true;
}

// A large page lies in one mapping: what is shown of it ends where one ends.
void reserved_range::show_in_dumps(std::size_t bytes) noexcept {
  std::byte* end = begin_ + (bytes + step - 1) / step * step;
  if (bytes > large) end = round_up(begin_ + bytes, large);
  end = std::min(end, begin_ + size_);
  std::byte* const from = begin_ + in_dumps_;
  if (bytes > large && in_dumps_ <= large) {
    // A wish, for all that comes.
    std::byte* const first = round_up(from, large_page);
    if (first < begin_ + size_)
      madvise(first, static_cast<std::size_t>(begin_ + size_ - first), MADV_HUGEPAGE);
  }
  madvise(from, static_cast<std::size_t>(end - from), MADV_DODUMP);
  in_dumps_ = static_cast<std::size_t>(end - begin_);
}

}  // namespace leash::detail
