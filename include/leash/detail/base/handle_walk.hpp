#pragma once

#include <cstddef>

#include <leash/detail/base/handle.hpp>

namespace leash::detail {

// Goes through the handles of one object, under their lock for at most a batch at a time, so that nobody who makes,
// moves or drops one waits for long.
//
// Between two batches a mark stands in the list: a handle that can do nothing and is not counted. What is made meanwhile
// stands before it, at the list's beginning, and is not gone through; what is moved stays where it is in the list. Both
// make the versions of the object grow. When the object is freed meanwhile the mark stays in the list of its header,
// and the next object there has one link that can do nothing, until the walk takes it out.
class handle_walk {
 public:
  static constexpr std::size_t batch = 256;

  // Any object will do, also one that is gone: its header stays.
  explicit handle_walk(object& owner) noexcept : owner_(&owner) {}
  handle_walk(handle_walk&&) = delete;
  ~handle_walk();

  // Calls visit(handle) for the next ones, until it gives false. Under the lock of the list: visit takes none. Returns
  // whether there are more, and nobody has said to stop.
  template <class Visit>
  bool next_batch(Visit visit) {
    const lock_guard guard(owner_->handle_lock);
    const handle* at = begun_ ? take_mark() : handle::first_of(*owner_);
    begun_ = true;
    for (std::size_t i = 0; i < batch; ++i, at = at->next()) {
      if (at == nullptr) return false;
      if (!visit(*at)) return false;
      ++visited_;
    }
    if (at == nullptr) return false;
    put_mark(*at);
    return true;
  }
  std::size_t visited() const noexcept { return visited_; }

 private:
  struct lock_guard {
    explicit lock_guard(spin_lock& held) noexcept : lock(held) { lock.lock(); }
    lock_guard(lock_guard&&) = delete;
    ~lock_guard() { lock.unlock(); }
    spin_lock& lock;
  };

  const handle* take_mark() noexcept;
  void put_mark(const handle& next) noexcept;

  object* const owner_;
  handle mark_;
  std::size_t visited_ = 0;
  bool begun_ = false;
  bool marked_ = false;
};

}  // namespace leash::detail
