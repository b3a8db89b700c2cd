#pragma once

#include <chrono>
#include <utility>

#include <leash/channel.hpp>
#include <leash/detail/sync/timer_core.hpp>

namespace leash {

// Sends the time on its channel, again and again, until it is stopped or its owner goes.
//
//   const ticker every_second(1s);
//   while (co_await select(on_receive(every_second.channel()), on_done(ctx)) == 0) report();
//
// One tick waits for its receiver; those that come meanwhile are dropped, and the next one keeps to the beat.
// Stopping it does not close the channel: a receive after that waits until a reset(). After stop() or reset()
// nobody receives a tick of before. Movable; a moved-from one is nil.
class ticker {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  // Called on a goroutine; throws errc::no_runtime elsewhere, and errc::bad_option for a period that is not
  // positive.
  explicit ticker(std::chrono::nanoseconds period);
  ticker(ticker&&) noexcept = default;
  ticker& operator=(ticker&& other) noexcept {
    if (this != &other) {
      stop();
      handle_ = std::move(other.handle_);
    }
    return *this;
  }
  ~ticker() { stop(); }

  // What it sends on; the same every time. Nil for a nil ticker.
  receive_channel<time_point> channel() const noexcept;
  // No more ticks. Any thread.
  void stop() const noexcept {
    if (handle_) detail::stop_timer(*handle_.use());
  }
  // Ticks with this period from now on. Throws as the constructor does, and errc::nil_handle for a nil ticker.
  void reset(std::chrono::nanoseconds period) const;

  bool is_nil() const noexcept { return !handle_; }

 private:
  detail::handle handle_;
};

}  // namespace leash
