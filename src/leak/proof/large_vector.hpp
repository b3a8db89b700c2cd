#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <new>
#include <vector>

#include <leash/detail/base/block_vector.hpp>

namespace leash::detail {

// Memory for what grows with the number of goroutines. From some megabytes on it comes in large pages: to have a million
// goroutines' worth of small ones mapped takes longer than the proof.
template <class T>
struct large_allocator {
  using value_type = T;
  static constexpr std::size_t large = std::size_t{4} << 20;

  large_allocator() noexcept = default;
  template <class U>
  large_allocator(const large_allocator<U>&) noexcept {}

  T* allocate(std::size_t count) {
    const std::size_t bytes = count * sizeof(T);
    if (bytes < large) return small_.allocate(count);
    void* mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) throw std::bad_alloc();
    madvise(mapped, bytes, MADV_HUGEPAGE);  // a wish
    return static_cast<T*>(mapped);
  }
  void deallocate(T* memory, std::size_t count) noexcept {
    const std::size_t bytes = count * sizeof(T);
    if (bytes < large)
      small_.deallocate(memory, count);
    else
      munmap(memory, bytes);
  }
  template <class U>
  bool operator==(const large_allocator<U>&) const noexcept {
    return true;
  }

 private:
  [[no_unique_address]] block_allocator<T, block_kind::own> small_;
};

template <class T>
using large_vector = std::vector<T, large_allocator<T>>;

}  // namespace leash::detail
