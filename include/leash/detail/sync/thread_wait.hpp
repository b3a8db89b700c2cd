#pragma once

#include <leash/detail/sched/scheduler.hpp>
#include <leash/detail/sync/channel_core.hpp>

// A plain thread that waits for a channel. It stands in the same queues as goroutines do, first come, first
// served, and is claimed as they are: for the length of the call it has a goroutine's record, without
// frames and without a runtime (`home` is null).
//
// Invariants
// - The record is published before its word says waiting, and is marked external: a thread is outside
//   everything that a proof can see, so it is live.
// - Who claims it serves it, and calls make_ready() last; that, for a record without a home, sets
//   `thread_woken` and notifies. The thread touches neither value nor node before it has seen that (release, acquire).
// - Nobody unwinds it: it is on no leash, in no runtime's survivors, and has no operation to abandon.
// - The word goes dead, into a new epoch, before the record is given back, as a goroutine's does. A notify
//   that comes after that finds a record, type-stable, and wakes at most somebody who looks again.

namespace leash::detail {

class thread_wait {
 public:
  // Throws errc::blocks_worker on a thread of a runtime: it would hold up the goroutines of that thread.
  thread_wait();
  thread_wait(thread_wait&&) = delete;
  ~thread_wait();

  // Queues up with the channel's lock held, releases it, and returns when somebody has served the wait:
  // true, or ended it by closing the channel: false.
  bool wait(object& channel, wait_queue& queue, void* slot, wait_reason reason,
            capability_set ends) noexcept;

 private:
  goroutine& self_;
  wait_node node_;
};

// What a channel's handle names; throws errc::nil_channel for a nil one.
object& channel_for_thread(object* channel);

// False: the channel is closed, and the value is not moved from.
template <class T>
bool send_from_thread(object& channel, T& value) {
  thread_wait self;
  goroutine* woken = nullptr;
  channel.lock.lock();
  const op_status status = channel_core<T>::send(channel, value, woken);
  if (status == op_status::would_block)
    return self.wait(channel, channel.as<channel_body>().senders, &value, wait_reason::chan_send,
                     set_of(capability::send, capability::receive));
  channel.lock.unlock();
  if (woken != nullptr) make_ready(*woken);
  return status == op_status::success;
}

template <class T>
void block_to_send(object* channel, T& value) {
  if (!send_from_thread(channel_for_thread(channel), value)) throw_closed("send");
}

template <class T>
std::optional<T> receive_in_thread(object& channel) {
  thread_wait self;
  std::optional<T> value;
  goroutine* woken = nullptr;
  channel.lock.lock();
  const op_status status = channel_core<T>::receive(channel, value, woken);
  if (status == op_status::would_block) {
    self.wait(channel, channel.as<channel_body>().receivers, &value, wait_reason::chan_receive,
              set_of(capability::send));
    return value;
  }
  channel.lock.unlock();
  if (woken != nullptr) make_ready(*woken);
  return value;
}

template <class T>
auto block_to_receive(object* channel) {
  auto value = receive_in_thread<element_of<T>>(channel_for_thread(channel));
  if constexpr (std::is_void_v<T>)
    return value.has_value();
  else
    return value;
}

}  // namespace leash::detail
