#pragma once

#include <cstddef>
#include <cstdint>

#include <leash/detail/sync/channel_core.hpp>

// A reply channel is a channel with as many slots as it ever has senders, each for one value, so that no
// send has to wait; it closes itself when the last sender is gone.
//
// Invariants, under the object's lock
// - unissued + outstanding + values sent = the number of slots: there is one free for every sender.
// - It is closed when, and only when, unissued and outstanding are zero.

namespace leash::detail {

struct reply_body : channel_body {
  std::uint32_t unissued = 0;
  std::uint32_t outstanding = 0;  // issued, and neither used nor dropped
};

template <class T>
constexpr object_class reply_kind{"reply chan", &channel_core<T>::destroy};

template <class T>
handle make_reply_channel(std::size_t slots) {
  handle made = channel_core<T>::template make_as<reply_body>(slots, reply_kind<T>);
  auto& body = made.target()->template as<reply_body>();
  body.unissued = body.capacity;
  body.closed = slots == 0;
  return made;
}

// Throws errc::no_reply_slot; errc::nil_handle for a channel that was moved from.
void take_reply_slot(const handle& named);
// What an unused sender names; throws errc::nil_handle for one that was used.
object& use_reply(const handle& named);
// A sender was used or dropped.
void sender_is_gone(object& channel) noexcept;

template <class T>
void send_reply(object& channel, T& value) noexcept {
  goroutine* woken = nullptr;
  channel.lock.lock();
  static_cast<void>(channel_core<T>::send(channel, value, woken));  // there is a slot for it
  channel.lock.unlock();
  if (woken != nullptr) make_ready(*woken);
  operation_over("reply", &channel);
}

}  // namespace leash::detail
