#pragma once

#include <chrono>
#include <utility>

#include <leash/channel.hpp>
#include <leash/detail/sync/timer_core.hpp>

namespace leash {

// Sends the time on its channel, once, when it goes off. The owner can put it off, or stop it; it is stopped
// when the owner goes.
//
//   timer idle(30s);
//   for (;;)
//     switch (co_await select(on_receive(requests, request), on_receive(idle.channel()))) {
//       case 0: idle.reset(30s); …
//       case 1: co_return;
//     }
//
// After stop() or reset() nobody receives a time of before. As long as the timer is stopped, or has gone off and
// that was received, only a reset() ends a receive. Movable; a moved-from one is nil.
class timer {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  // Goes off so much later, on the runtime's clock; at once for zero or less. Called on a goroutine; throws
  // errc::no_runtime elsewhere.
  explicit timer(std::chrono::nanoseconds duration)
      : handle_(detail::make_timer(duration, duration.zero())) {}
  timer(timer&&) noexcept = default;
  timer& operator=(timer&& other) noexcept {
    if (this != &other) {
      stop();
      handle_ = std::move(other.handle_);
    }
    return *this;
  }
  ~timer() { stop(); }

  // What it sends on; the same every time. Nil for a nil timer.
  receive_channel<time_point> channel() const noexcept;
  // Whether this call has prevented a receive: false when the time was received already, or the timer was
  // stopped before. Any thread.
  bool stop() const noexcept { return handle_ && detail::stop_timer(*handle_.use()); }
  // Makes it go off so much later than now, whatever it has done before, and returns what stop() would have.
  // Called on a goroutine. Throws errc::no_runtime elsewhere, and errc::nil_handle for a nil timer.
  bool reset(std::chrono::nanoseconds duration) const;

  bool is_nil() const noexcept { return !handle_; }

 private:
  detail::handle handle_;
};

}  // namespace leash
