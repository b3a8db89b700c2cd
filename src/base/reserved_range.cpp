#include <leash/detail/base/reserved_range.hpp>

#include <sys/mman.h>

#include <algorithm>

namespace leash::detail {
namespace {

// A system call for so much: the kernel joins what is shown to what was shown before.
constexpr std::size_t step = std::size_t{1} << 20;

}  // namespace

bool reserved_range::reserve(std::size_t bytes) noexcept {
  void* const range = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (range == MAP_FAILED) return false;
  begin_ = static_cast<std::byte*>(range);
  size_ = bytes;
  // Where the kernel does not know this, dumps are larger, and all is well.
  madvise(range, bytes, MADV_DONTDUMP);
  return true;
}

void reserved_range::show_in_dumps(std::size_t bytes) noexcept {
  const std::size_t shown = std::min((bytes + step - 1) / step * step, size_);
  madvise(begin_ + in_dumps_, shown - in_dumps_, MADV_DODUMP);
  in_dumps_ = shown;
}

}  // namespace leash::detail
