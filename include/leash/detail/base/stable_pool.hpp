#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <new>
#include <vector>

#include <leash/detail/base/reserved_range.hpp>
#include <leash/detail/base/spin_lock.hpp>

namespace leash::detail {

// Records that are made once and recycled for ever: their memory is never unmapped and their
// constructor never runs again, so a late reader always finds a record of the same type, and counters
// in it that only grow (epochs, generations, versions) keep growing over every reuse.
// What is free is kept by its index, inverted: a record's address stands nowhere but where somebody uses it, and two small numbers
// side by side may look like one.
// There is one pool a type in a process. T is default-constructed; acquire() and release() may be
// called from any thread.
template <class T, std::size_t Limit>
class stable_pool {
 public:
  static stable_pool& instance() noexcept {
    // Never destroyed: threads that end after main still give records back.
    static stable_pool& pool = *new stable_pool;
    return pool;
  }

  // Throws std::bad_alloc when all but one of `Limit` records are in use.
  [[gnu::noinline]] T* acquire() {
    thread_cache& local = cache();
    if (local.count == 0) refill(local);
    return base_ + ~local.items[--local.count];
  }

  [[gnu::noinline]] void release(T* record) noexcept {
    thread_cache& local = cache();
    if (local.count == cache_size) spill(local, cache_size / 2);
    local.items[local.count++] = ~index_of(record);
  }

  // Records 0 … size() - 1 exist; they may be in use or not.
  std::uint32_t size() const noexcept { return size_.load(std::memory_order_acquire); }
  // Where that number is, for who reads the process from outside.
  const std::atomic<std::uint32_t>& size_place() const noexcept { return size_; }
  T& operator[](std::uint32_t index) const noexcept { return base_[index]; }
  std::uint32_t index_of(const T* record) const noexcept {
    return static_cast<std::uint32_t>(record - base_);
  }
  bool contains(const void* address) const noexcept {
    return reinterpret_cast<std::uintptr_t>(address) - reinterpret_cast<std::uintptr_t>(base_) <
           Limit * sizeof(T);
  }

 private:
  static constexpr std::uint32_t batch = 64;
  static constexpr std::uint32_t cache_size = 2 * batch;

  struct thread_cache {
    std::uint32_t items[cache_size];
    std::uint32_t count = 0;
    ~thread_cache() { instance().spill(*this, 0); }
  };

  stable_pool() {
    if (!range_.reserve(Limit * sizeof(T))) throw std::bad_alloc();
    base_ = reinterpret_cast<T*>(range_.begin());
  }

  static thread_cache& cache() noexcept {
    static thread_local thread_cache local;
    return local;
  }

  void refill(thread_cache& local) {
    const std::lock_guard guard(lock_);
    while (local.count < batch && !free_.empty()) {
      local.items[local.count++] = free_.back();
      free_.pop_back();
    }
    if (local.count != 0) return;
    const std::uint32_t first = size_.load(std::memory_order_relaxed);
    if (first + batch > Limit) throw std::bad_alloc();
    // So that spill() cannot throw; in growing steps, for each moves all of it.
    if (free_.capacity() < first + batch) free_.reserve(std::size_t{2} * (first + batch));
    range_.use((first + batch) * sizeof(T));
    for (std::uint32_t i = batch; i-- > 0;) {
      new (base_ + first + i) T;
      // The first is nobody's: where the records begin is known, and who knows that knows nobody by it.
      if (first + i == 0) continue;
      local.items[local.count++] = ~(first + i);
    }
    size_.store(first + batch, std::memory_order_release);
  }

  void spill(thread_cache& local, std::uint32_t keep) noexcept {
    const std::lock_guard guard(lock_);
    while (local.count > keep) free_.push_back(local.items[--local.count]);
  }

  reserved_range range_;
  T* base_ = nullptr;
  std::atomic<std::uint32_t> size_{0};
  spin_lock lock_;
  std::vector<std::uint32_t> free_;
};

}  // namespace leash::detail
