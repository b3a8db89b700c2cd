#pragma once

#include <cstddef>
#include <utility>

#include <leash/channel.hpp>
#include <leash/detail/sync/reply_core.hpp>

namespace leash {

template <class T>
class reply_channel;

// Sends one reply, into a slot of its own: it never suspends, so whoever sends a reply cannot leak, though
// nobody may want it any more. Movable. Dropping it gives up its reply; that is no error.
template <class T = void>
class [[nodiscard("a reply_sender that is dropped gives up its reply")]] reply_sender {
 public:
  reply_sender() noexcept = default;
  reply_sender(reply_sender&&) noexcept = default;
  reply_sender& operator=(reply_sender&& other) noexcept {
    if (this != &other) {
      give_up();
      handle_ = std::move(other.handle_);
    }
    return *this;
  }
  ~reply_sender() { give_up(); }

  // Any thread; the sender is used up. Throws errc::nil_handle when it was used or moved from before.
  void send(detail::element_of<T> reply)
    requires(!std::is_void_v<T>)
  {
    detail::object& channel = detail::use_reply(handle_);
    detail::send_reply(channel, reply);
    give_up();
  }
  void send()
    requires std::is_void_v<T>
  {
    detail::object& channel = detail::use_reply(handle_);
    detail::unit reply;
    detail::send_reply(channel, reply);
    give_up();
  }

  bool is_nil() const noexcept { return !handle_; }

 private:
  friend reply_channel<T>;
  explicit reply_sender(detail::handle named) noexcept : handle_(std::move(named)) {}
  void give_up() noexcept {
    if (!handle_) return;
    detail::sender_is_gone(*handle_.use());
    handle_.reset();
  }

  detail::handle handle_;
};

// Collects replies: makes up to n senders, each for one reply, and receives what they send, in the order in
// which they do. When all n are used or dropped and their replies received, receiving gives nothing.
//
//   reply_channel<answer> replies(2);
//   go(ask, "google", replies.sender());
//   go(ask, "bing", replies.sender());
//   auto first = co_await replies.receive();      // the other reply has its slot: nobody waits for ever
//
// A handle: copies name one channel. Works as a receiving end in a select.
template <class T = void>
class reply_channel : public detail::channel_handle {
  using element = detail::element_of<T>;

 public:
  explicit reply_channel(std::size_t n) : channel_handle(detail::make_reply_channel<element>(n)) {}

  // The next of the n senders. Throws errc::no_reply_slot when there is none left. Any thread.
  reply_sender<T> sender() const {
    detail::take_reply_slot(handle_);
    return reply_sender<T>(detail::handle(handle_, detail::set_of(detail::capability::send)));
  }

  // co_await: suspends until there is a reply. Empty (false for a void channel): there will be none.
  detail::receive_operation<T> receive() const noexcept {
    return detail::receive_operation<T>(use());
  }
  // Never suspends.
  op_status try_receive(std::optional<element>& into) const noexcept
    requires(!std::is_void_v<T>)
  {
    return detail::try_receive_value<element>(use(), into);
  }
  op_status try_receive() const noexcept
    requires std::is_void_v<T>
  {
    return detail::try_receive_unit(use());
  }
  receive_channel<T> receiver() const noexcept {
    return detail::channel_access::narrow<receive_channel<T>>(handle_, detail::capability::receive);
  }
};

namespace detail {

template <class Channel>
struct receivable;
template <class T>
struct receivable<reply_channel<T>> {
  using type = T;
};

}  // namespace detail
}  // namespace leash
