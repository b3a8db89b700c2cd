#pragma once

#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>

#include <leash/detail/sync/thread_wait.hpp>
#include <leash/error.hpp>
#include <leash/task.hpp>

// Channels, as Go has them. A channel value is a handle, cheap to copy: all copies name one channel, and
// the last one frees it with what is buffered in it. A send on an unbuffered channel waits for its
// receiver; on a buffered one, for room. Waiters of one kind are served first come, first served.
//
//   channel<int> results(2);
//   go([](send_channel<int> out) -> task<> { co_await out.send(42); }, results.sender());
//   while (auto v = co_await results.receive()) use(*v);
//
// T moves without throwing. co_await happens on goroutines; try_*, close and handles work on any thread.
// A plain thread, on which no goroutines run, sends and receives with *_blocking; it stands in the same
// queues as goroutines.
// A default-made channel is unbuffered; nil() and a moved-from one are nil: sending and receiving block
// for ever, as in Go.

namespace leash {

template <class T = void>
class channel;

namespace detail {

// The part of a channel that all its handles share.
struct channel_access;

class channel_handle {
 public:
  // Values that wait in the buffer, now.
  std::size_t size() const noexcept;
  std::size_t capacity() const noexcept;
  bool is_closed() const noexcept;
  bool is_nil() const noexcept { return !handle_; }
  friend bool operator==(const channel_handle& a, const channel_handle& b) noexcept {
    return a.handle_.target() == b.handle_.target();
  }

 protected:
  friend struct channel_access;
  channel_handle() noexcept = default;
  explicit channel_handle(handle named) noexcept : handle_(std::move(named)) {}
  object* target() const noexcept { return handle_.target(); }
  object* use() const noexcept { return handle_.use(); }
  void close_or_throw() const;
  bool try_close_now() const noexcept { return handle_ && close_channel(*handle_.use()); }

  handle handle_;
};

template <class T>
struct send_side : channel_handle {
  using channel_handle::channel_handle;

  // Suspends until the value is received or buffered. Throws errc::closed_channel.
  send_operation<T> send(T value) const { return send_operation<T>(use(), std::move(value)); }
  // Never suspends. The value is moved (or copied) from only on success.
  op_status try_send(T&& value) const noexcept { return attempt(value); }
  op_status try_send(const T& value) const
    requires std::is_copy_constructible_v<T>
  {
    T copy(value);
    return attempt(copy);
  }
  // For plain threads: blocks the thread until the value is received or buffered. Throws
  // errc::closed_channel; the value is not moved from then. Throws errc::blocks_worker on a thread that runs
  // goroutines, which it would hold up, and errc::nil_channel for a nil channel, which would hold up
  // the thread for ever.
  void send_blocking(T&& value) const { block_to_send(use(), value); }
  void send_blocking(const T& value) const
    requires std::is_copy_constructible_v<T>
  {
    T copy(value);
    block_to_send(use(), copy);
  }

 private:
  op_status attempt(T& value) const noexcept {
    if (is_nil()) return op_status::would_block;
    goroutine* woken = nullptr;
    object& channel = *use();
    channel.lock.lock();
    const op_status status = channel_core<T>::send(channel, value, woken);
    channel.lock.unlock();
    if (woken != nullptr) make_ready(*woken);
    tell_of_try("try_send", &channel, status);
    return status;
  }
};

template <>
struct send_side<void> : channel_handle {
  using channel_handle::channel_handle;

  send_operation<unit> send() const { return send_operation<unit>(use()); }
  op_status try_send() const noexcept;
  void send_blocking() const {
    unit nothing;
    block_to_send(use(), nothing);
  }
};

template <class T>
op_status try_receive_value(object* channel, std::optional<T>& into) noexcept {
  // What `into` held dies before the lock is taken: its destructor may use this channel.
  if (!mutated(rule::displaced_die_unlocked)) into.reset();
  if (channel == nullptr) return op_status::would_block;
  goroutine* woken = nullptr;
  channel->lock.lock();
  if (mutated(rule::displaced_die_unlocked)) into.reset();
  const op_status status = channel_core<T>::receive(*channel, into, woken);
  channel->lock.unlock();
  if (woken != nullptr) make_ready(*woken);
  tell_of_try("try_receive", channel, status);
  return status;
}
op_status try_receive_unit(object* channel) noexcept;

}  // namespace detail

// The sending end: sends and closes, cannot receive.
template <class T = void>
class send_channel : public detail::send_side<T> {
 public:
  send_channel() noexcept = default;  // nil
  // No more values will come: receivers get what is buffered, then nothing. Throws errc::closed_channel
  // when it is closed already and errc::nil_channel for a nil channel.
  void close() const { this->close_or_throw(); }
  // The same for destructors: false when it was closed already or is nil.
  bool try_close() const noexcept { return this->try_close_now(); }

 private:
  friend struct detail::channel_access;
  using detail::send_side<T>::send_side;
};

// The receiving end: cannot send or close.
template <class T = void>
class receive_channel : public detail::channel_handle {
 public:
  receive_channel() noexcept = default;  // nil
  // Suspends until a value comes or the channel is closed. Empty: closed and drained (false for a void
  // channel).
  detail::receive_operation<T> receive() const noexcept {
    return detail::receive_operation<T>(use());
  }
  // Never suspends; `into` becomes empty unless a value was there.
  op_status try_receive(std::optional<detail::element_of<T>>& into) const noexcept
    requires(!std::is_void_v<T>)
  {
    return detail::try_receive_value<T>(this->use(), into);
  }
  op_status try_receive() const noexcept
    requires std::is_void_v<T>
  {
    return detail::try_receive_unit(this->use());
  }
  // For plain threads: blocks the thread until a value comes or the channel is closed. Throws as
  // send_blocking does.
  auto receive_blocking() const { return detail::block_to_receive<T>(this->use()); }

 private:
  friend struct detail::channel_access;
  using channel_handle::channel_handle;
};

// Both ends in one.
template <class T>
class channel : public detail::send_side<T> {
  using base = detail::send_side<T>;
  using element = detail::element_of<T>;

 public:
  channel() : channel(std::size_t{0}) {}
  explicit channel(std::size_t capacity) : base(detail::channel_core<element>::make(capacity)) {}
  static channel nil() noexcept { return channel(detail::handle()); }

  detail::receive_operation<T> receive() const noexcept {
    return detail::receive_operation<T>(this->use());
  }
  op_status try_receive(std::optional<element>& into) const noexcept
    requires(!std::is_void_v<T>)
  {
    return detail::try_receive_value<element>(this->use(), into);
  }
  op_status try_receive() const noexcept
    requires std::is_void_v<T>
  {
    return detail::try_receive_unit(this->use());
  }
  auto receive_blocking() const { return detail::block_to_receive<T>(this->use()); }
  void close() const { this->close_or_throw(); }
  bool try_close() const noexcept { return this->try_close_now(); }

  // One direction only: what it cannot do, it cannot promise.
  send_channel<T> sender() const noexcept;
  receive_channel<T> receiver() const noexcept;
  operator send_channel<T>() const noexcept { return sender(); }
  operator receive_channel<T>() const noexcept { return receiver(); }

 private:
  explicit channel(detail::handle named) noexcept : base(std::move(named)) {}
};

template <class T>
struct channel_ends {
  send_channel<T> sender;
  receive_channel<T> receiver;
};

// auto [tx, rx] = make_channel<T>(n): a sender and a receiver, and no handle that is both.
template <class T = void>
channel_ends<T> make_channel(std::size_t capacity = 0);

// Implementation

namespace detail {

struct channel_access {
  static object* target(const channel_handle& channel) noexcept { return channel.target(); }
  static object* use(const channel_handle& channel) noexcept { return channel.use(); }
  template <class Side>
  static Side narrow(const handle& whole, capability only) noexcept {
    return Side(handle(whole, set_of(only)));
  }
};

}  // namespace detail

template <class T>
send_channel<T> channel<T>::sender() const noexcept {
  return detail::channel_access::narrow<send_channel<T>>(this->handle_, detail::capability::send);
}

template <class T>
receive_channel<T> channel<T>::receiver() const noexcept {
  return detail::channel_access::narrow<receive_channel<T>>(this->handle_,
                                                            detail::capability::receive);
}

template <class T>
channel_ends<T> make_channel(std::size_t capacity) {
  const channel<T> both(capacity);
  return {both.sender(), both.receiver()};
}

}  // namespace leash
