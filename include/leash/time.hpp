#pragma once

#include <chrono>

#include <leash/channel.hpp>

namespace leash {

namespace detail {

class sleep_operation final : public wait_base {
 public:
  explicit sleep_operation(std::chrono::nanoseconds duration) noexcept : duration_(duration) {}
  sleep_operation(sleep_operation&&) = delete;
  void bind(promise_base& frame) noexcept { self_ = frame.owner; }
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<>) noexcept;
  void await_resume() const noexcept { self_->wait = nullptr; }
  // The timer finds that the wait is over.
  bool abandon(goroutine&) noexcept override { return true; }
  clock_time deadline() const noexcept override { return when_; }

 private:
  std::chrono::nanoseconds duration_;
  clock_time when_{};
  goroutine* self_ = nullptr;
};

}  // namespace detail

// co_await sleep(d): suspends for that long, on the runtime's clock. Zero or less only yields.
[[nodiscard]] inline detail::sleep_operation sleep(std::chrono::nanoseconds duration) noexcept {
  return detail::sleep_operation(duration);
}

// A channel that receives the time, once, after that long. Its only sender is the timer: a second
// receive waits for ever. Dropping the channel is enough to forget it. Called on a goroutine; throws
// errc::no_runtime elsewhere.
receive_channel<std::chrono::steady_clock::time_point> after(std::chrono::nanoseconds duration);

// The runtime's clock: steady_clock, or virtual time. Outside goroutines steady_clock.
std::chrono::steady_clock::time_point now() noexcept;

}  // namespace leash
