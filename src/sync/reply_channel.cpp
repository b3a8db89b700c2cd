#include <leash/reply_channel.hpp>

namespace leash::detail {

void take_reply_slot(const handle& named) {
  if (!named) throw error(errc::nil_handle, "use of a nil reply_channel: it was moved from");
  object& channel = *named.use();
  auto& body = channel.as<reply_body>();
  channel.lock.lock();
  const bool left = body.unissued != 0;
  if (left) {
    --body.unissued;
    ++body.outstanding;
  }
  channel.lock.unlock();
  if (!left) throw error(errc::no_reply_slot);
}

object& use_reply(const handle& named) {
  if (!named)
    throw error(errc::nil_handle, "this reply_sender was used already: each sends one reply");
  return *named.use();
}

void sender_is_gone(object& channel) noexcept {
  auto& body = channel.as<reply_body>();
  channel.lock.lock();
  const bool last = --body.outstanding == 0 && body.unissued == 0;
  channel.lock.unlock();
  if (last) close_channel(channel);
}

}  // namespace leash::detail
