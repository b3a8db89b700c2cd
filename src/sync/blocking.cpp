#include <leash/blocking.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>

#include <leash/error.hpp>

#include "base/world/gate.hpp"

namespace leash::detail {

// The threads. They are on their own: none outlives what it was called for, because whoever waits for that
// stays; and those with nothing to do use only this, which is never destroyed.
class blocking_pool {
 public:
  static blocking_pool& instance() {
    static auto& only = *new blocking_pool;
    return only;
  }

  // Parks the goroutine and queues its operation, or leaves both alone if it is doomed.
  void submit(blocking_wait& operation) noexcept {
    goroutine& self = *operation.self_;
    std::unique_lock guard(lock_);
    self.wait = &operation;
    operation.word_ = park(self, wait_reason::blocking, nullptr, 0, true);
    if (operation.word_ == 0) {
      guard.unlock();
      make_ready(self);
      return;
    }
    operation.given_ = true;
    push(operation);
    const bool grow = queued_ > idle_ && threads_ < limits_.threads;
    threads_ += grow ? 1 : 0;
    guard.unlock();
    // From here on neither frame nor operation is ours.
    if (grow)
      start_thread();
    else
      work_.notify_one();
  }

  // True: it was not begun, and will not be.
  bool withdraw(blocking_wait& operation) noexcept {
    const std::lock_guard guard(lock_);
    if (operation.queued_)
      remove(operation);
    else if (operation.given_)
      return false;
    return true;
  }

  void set_limits(const blocking_limits& limits) {
    const std::lock_guard guard(lock_);
    limits_ = limits;
    limits_.idle = std::clamp(limits.idle, std::chrono::milliseconds(0), longest_idle);
    work_.notify_all();
  }

  std::size_t threads() noexcept {
    const std::lock_guard guard(lock_);
    return threads_;
  }

 private:
  // So that it can be added to the time.
  static constexpr std::chrono::milliseconds longest_idle = std::chrono::hours(24 * 365);

  void push(blocking_wait& operation) noexcept {
    operation.queued_ = true;
    operation.previous_ = last_;
    operation.next_ = nullptr;
    (last_ != nullptr ? last_->next_ : first_) = &operation;
    last_ = &operation;
    ++queued_;
  }
  void remove(blocking_wait& operation) noexcept {
    (operation.previous_ != nullptr ? operation.previous_->next_ : first_) = operation.next_;
    (operation.next_ != nullptr ? operation.next_->previous_ : last_) = operation.previous_;
    operation.queued_ = false;
    --queued_;
  }

  void start_thread() noexcept {
    try {
      std::thread([this] { work(); }).detach();
    } catch (...) {
      without_threads(std::current_exception());
    }
  }

  // There is no thread to be had. Those that are there serve the queue; if there is none, nobody does.
  void without_threads(const std::exception_ptr& why) noexcept {
    std::unique_lock guard(lock_);
    --threads_;
    while (threads_ == 0 && first_ != nullptr) {
      blocking_wait& operation = *first_;
      remove(operation);
      guard.unlock();
      operation.failure_ = why;
      operation.finish();
      guard.lock();
    }
  }

  void work() {
    know_this_thread();
    std::unique_lock guard(lock_);
    for (;;) {
      if (first_ == nullptr && !stay(guard)) break;
      if (first_ == nullptr) continue;
      blocking_wait& operation = *first_;
      remove(operation);
      guard.unlock();
      operation.run();
      guard.lock();
    }
    --threads_;
  }

  // Waits for work. False: the thread is not needed any more.
  bool stay(std::unique_lock<std::mutex>& guard) {
    if (threads_ > limits_.threads) return false;
    const idle_here idle;
    ++idle_;
    const auto status = work_.wait_for(guard, limits_.idle);
    --idle_;
    return first_ != nullptr || status == std::cv_status::no_timeout;
  }

  std::mutex lock_;
  std::condition_variable work_;
  blocking_limits limits_;
  blocking_wait* first_ = nullptr;
  blocking_wait* last_ = nullptr;
  std::size_t queued_ = 0;
  std::size_t idle_ = 0;
  std::size_t threads_ = 0;
};

[[gnu::noinline]] void blocking_wait::await_suspend(std::coroutine_handle<>) noexcept {
  if (doomed(*self_)) {
    unwind_self(*self_);
  } else if (conductor* decides = somebody_explores() ? conductor_here() : nullptr) {
    goroutine& self = *self_;
    self.wait = this;
    word_ = park(self, wait_reason::blocking, nullptr, 0, true);
    if (word_ == 0)
      make_ready(self);
    else
      decides->call_later(*this, self, word_);
  } else {
    blocking_pool::instance().submit(*this);
  }
}

void call_blocking(blocking_wait& waited_for) noexcept { waited_for.run(); }

bool blocking_wait::abandon(goroutine&) noexcept {
  if (blocking_pool::instance().withdraw(*this)) return true;
  const std::uint8_t before = state_.fetch_or(abandoned, std::memory_order_acq_rel);
  return (before & returned) != 0;
}

void blocking_wait::run() noexcept {
  {
    const stand_in here(*self_);
    try {
      call();
    } catch (...) {
      failure_ = std::current_exception();
    }
  }
  finish();
}

void blocking_wait::finish() noexcept {
  goroutine& self = *self_;
  if (claim(self, word_)) {
    make_ready(self, false);
    return;
  }
  // An unwinder has it.
  const std::uint8_t before = state_.fetch_or(returned, std::memory_order_acq_rel);
  if ((before & abandoned) != 0) continue_unwinding(self);
}

}  // namespace leash::detail

namespace leash {

void set_blocking_limits(const blocking_limits& limits) {
  if (limits.threads == 0) throw error(errc::bad_option, "blocking() needs at least one thread");
  detail::blocking_pool::instance().set_limits(limits);
}

std::size_t blocking_threads() noexcept { return detail::blocking_pool::instance().threads(); }

}  // namespace leash
