#include <leash/detail/net/asio_wait.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>

#include "asio_poller.hpp"

#include <leash/detail/sched/scheduler.hpp>

namespace leash::detail {
namespace {

// No wait is ever parked with it.
constexpr std::uint64_t no_word = ~std::uint64_t{0};

}  // namespace

bool asio_wait::prepare() {
  if (doomed(*self_)) {
    unwind_self(*self_);
    return false;
  }
  asio_poller& poller = asio_poller::of(current_scheduler());
  context_ = &poller.context();
  guests_ = &poller.guests();
  return true;
}

void asio_wait::suspend() noexcept {
  goroutine& self = *self_;
  self.wait = this;
  const std::uint64_t word = park(self, wait_reason::io_wait, nullptr, 0, true);
  word_ = word == 0 ? no_word : word;
  const flags before = state_.fetch_or(parked, std::memory_order_acq_rel);
  if (word != 0 && (before & abandoned) != 0) {
    if ((before & completed) != 0)
      continue_unwinding(self);
    else
      post_cancellation();
    return;
  }
  // Without a word it has claimed itself, to be unwound: abandon() sees how far the operation has come.
  if (word == 0 || ((before & completed) != 0 && claim(self, word))) make_ready(self);
}

void asio_wait::complete() noexcept {
  goroutine& self = *self_;
  std::uint64_t word = no_word;
  flags before = state_.load(std::memory_order_acquire);
  do {
    if ((before & parked) != 0) word = word_;
  } while (!state_.compare_exchange_weak(before, before | completed, std::memory_order_acq_rel,
                                         std::memory_order_acquire));
  if ((before & parked) == 0) return;  // the goroutine looks once it has parked
  if ((before & abandoned) == 0) {
    if (claim(self, word)) make_ready(self);
  } else if ((before & emitted) != 0) {
    continue_unwinding(self);
  }
}

void asio_wait::drop() noexcept {
  dropped_ = true;
  complete();
}

void asio_wait::throw_if_dropped() const {
  if (dropped_)
    throw boost::system::system_error(boost::asio::error::operation_aborted,
                                      "the io_context of an operation was destroyed");
}

bool asio_wait::abandon(goroutine&) noexcept {
  const flags before = state_.fetch_or(abandoned, std::memory_order_acq_rel);
  if ((before & parked) == 0) return false;  // about to be set: its owner goes on with this
  if ((before & completed) != 0) return true;
  post_cancellation();
  return false;
}

// A signal is for one thread at a time, the one that runs the operation's handlers. The frame stays at
// least until this has run.
void asio_wait::post_cancellation() noexcept {
  boost::asio::post(*context_, [this] { emit(); });
}

void asio_wait::emit() noexcept {
  goroutine& self = *self_;
  if ((state_.load(std::memory_order_acquire) & completed) == 0)
    signal_.emit(boost::asio::cancellation_type::terminal);
  const flags before = state_.fetch_or(emitted, std::memory_order_acq_rel);
  if ((before & completed) != 0) continue_unwinding(self);
}

}  // namespace leash::detail
