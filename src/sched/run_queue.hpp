#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>

#include <leash/detail/base/spin_lock.hpp>
#include <leash/detail/sched/goroutine.hpp>

namespace leash::detail {

// A worker's ring of runnable goroutines: the owner pushes and pops, thieves take half. The shape is
// that of Go's runq (runtime/proc.go).
// Invariants: only the owner writes tail_; head_ moves by compare-and-swap, by whoever takes; a cell
// between head and tail is written before the tail that covers it (release, read with acquire).
class run_ring {
 public:
  static constexpr std::uint32_t capacity = 256;

  // False when full. The tail's store is seq_cst: it precedes the look for idle workers.
  bool push(goroutine* item) noexcept {
    const std::uint32_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_.load(std::memory_order_acquire) >= capacity) return false;
    cells_[tail % capacity].store(item, std::memory_order_relaxed);
    tail_.store(tail + 1, std::memory_order_seq_cst);
    return true;
  }

  goroutine* pop() noexcept {
    std::uint32_t head = head_.load(std::memory_order_acquire);
    for (;;) {
      if (head == tail_.load(std::memory_order_relaxed)) return nullptr;
      goroutine* item = cells_[head % capacity].load(std::memory_order_relaxed);
      if (head_.compare_exchange_weak(head, head + 1, std::memory_order_acq_rel)) return item;
    }
  }

  // Moves half of this ring to the thief's empty one, but for one item, which is returned.
  goroutine* steal_into(run_ring& thief) noexcept {
    std::uint32_t head = head_.load(std::memory_order_acquire);
    for (;;) {
      const std::uint32_t available = tail_.load(std::memory_order_acquire) - head;
      if (available == 0 || available > capacity) return nullptr;
      const std::uint32_t count = available - available / 2;
      const std::uint32_t tail = thief.tail_.load(std::memory_order_relaxed);
      goroutine* first = cells_[head % capacity].load(std::memory_order_relaxed);
      for (std::uint32_t i = 1; i < count; ++i)
        thief.cells_[(tail + i - 1) % capacity].store(
            cells_[(head + i) % capacity].load(std::memory_order_relaxed),
            std::memory_order_relaxed);
      if (head_.compare_exchange_weak(head, head + count, std::memory_order_acq_rel)) {
        thief.tail_.store(tail + count - 1, std::memory_order_release);
        return first;
      }
    }
  }

  bool empty() const noexcept {
    return head_.load(std::memory_order_seq_cst) == tail_.load(std::memory_order_seq_cst);
  }

  // The owner's. Thieves may take some meanwhile, hence relaxed.
  std::uint32_t size() const noexcept {
    return tail_.load(std::memory_order_relaxed) - head_.load(std::memory_order_relaxed);
  }

 private:
  alignas(64) std::atomic<std::uint32_t> head_{0};
  alignas(64) std::atomic<std::uint32_t> tail_{0};
  std::array<std::atomic<goroutine*>, capacity> cells_{};
};

// What does not fit into a ring and what comes from other threads; first in, first out.
class injection_queue {
 public:
  void push(goroutine* item) noexcept {
    const std::lock_guard guard(lock_);
    item->next = nullptr;
    if (last_ != nullptr)
      last_->next = item;
    else
      first_ = item;
    last_ = item;
    size_.store(size_.load(std::memory_order_relaxed) + 1, std::memory_order_seq_cst);
  }

  goroutine* pop() noexcept {
    if (empty()) return nullptr;
    const std::lock_guard guard(lock_);
    goroutine* item = first_;
    if (item == nullptr) return nullptr;
    first_ = item->next;
    if (first_ == nullptr) last_ = nullptr;
    size_.store(size_.load(std::memory_order_relaxed) - 1, std::memory_order_seq_cst);
    return item;
  }

  bool empty() const noexcept { return size_.load(std::memory_order_seq_cst) == 0; }

 private:
  spin_lock lock_;
  goroutine* first_ = nullptr;
  goroutine* last_ = nullptr;
  std::atomic<std::uint32_t> size_{0};
};

}  // namespace leash::detail
