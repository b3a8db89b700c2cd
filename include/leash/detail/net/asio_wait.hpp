#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <cstdint>

#include <leash/detail/sched/promise.hpp>

// How a goroutine waits for an Asio operation, whatever its result.
//
// Up to four parties meet at one word of flags, and each touches the frame for the last time when it
// sets its own: the goroutine that has initiated the operation and parked, the handler, the unwinder,
// and the cancellation that the unwinder has posted. The goroutine initiates first and parks then:
// until it has parked nobody can resume or destroy the frame, so the initiation may use it to its end.
//
//   parked     the word to claim is known; initiation is over
//   completed  the handler has run and the result is stored
//   abandoned  the unwinder has claimed the wait and wants the frame back
//   emitted    the cancellation has run
//
// Whoever completes {parked, completed} resumes the goroutine, if it can claim it. Once abandoned, the
// frame is free with {parked, completed} when nothing was posted, else with {completed, emitted}.

namespace leash::detail {

class asio_wait : public wait_base {
 public:
  asio_wait() noexcept = default;
  asio_wait(const asio_wait&) = delete;
  asio_wait& operator=(const asio_wait&) = delete;

  void bind(promise_base& frame) noexcept { self_ = frame.owner; }
  bool await_ready() const noexcept { return false; }
  bool abandon(goroutine& waiter) noexcept override;

  // For the handler: the result is stored.
  void complete() noexcept;
  // For the handler: it is destroyed, and there will be no result.
  void drop() noexcept;

  boost::asio::io_context& context() const noexcept { return *context_; }
  std::atomic<std::size_t>& guests() const noexcept { return *guests_; }
  boost::asio::cancellation_slot slot() noexcept { return signal_.slot(); }

 protected:
  ~asio_wait() = default;

  // Before the initiation; false: the goroutine is to be unwound, and nothing may be initiated.
  bool prepare();
  // Throws operation_aborted.
  void throw_if_dropped() const;
  // After the initiation, as the last thing.
  void suspend() noexcept;

 private:
  using flags = std::uint32_t;
  static constexpr flags parked = 1;
  static constexpr flags completed = 2;
  static constexpr flags abandoned = 4;
  static constexpr flags emitted = 8;

  void post_cancellation() noexcept;
  void emit() noexcept;

  goroutine* self_ = nullptr;
  boost::asio::io_context* context_ = nullptr;
  std::atomic<std::size_t>* guests_ = nullptr;
  bool dropped_ = false;    // written before `completed` is set
  std::uint64_t word_ = 0;  // written before `parked` is set
  std::atomic<flags> state_{0};
  boost::asio::cancellation_signal signal_;
};

}  // namespace leash::detail
