#include <leash/channel.hpp>

#include <string>

namespace leash::detail {

bool close_channel(object& channel) noexcept {
  goroutine* woken = nullptr;
  channel.lock.lock();
  auto& body = channel.as<channel_body>();
  if (body.closed) {
    channel.lock.unlock();
    return false;
  }
  body.closed = true;
  const auto claim_all = [&](wait_queue& queue) {
    while (wait_node* node = queue.claim_first(channel)) {
      node->closed = true;
      node->waiter->next = woken;
      woken = node->waiter;
    }
  };
  claim_all(body.receivers);
  if (!mutated(rule::close_wakes_senders)) claim_all(body.senders);
  channel.lock.unlock();
  while (woken != nullptr) {
    goroutine* item = woken;
    woken = item->next;
    make_ready(*item, false);
  }
  operation_over("close", &channel);
  return true;
}

namespace {

bool somebody_waits(const wait_queue& queue) noexcept {
  for (const wait_node* each = queue.first(); each != nullptr; each = each->next.get())
    if (each->waiter->word.load(std::memory_order_relaxed) == each->word) return true;
  return false;
}

}  // namespace

bool can_send(object& channel) noexcept {
  const auto& body = channel.as<channel_body>();
  return body.closed || body.size != body.capacity || somebody_waits(body.receivers);
}

bool can_receive(object& channel) noexcept {
  const auto& body = channel.as<channel_body>();
  return body.closed || body.size != 0 || somebody_waits(body.senders);
}

void throw_closed(const char* operation) {
  throw error(errc::closed_channel,
              std::string(operation) +
                  " on closed channel: close it once, by its only sender, after the last send");
}

namespace {

template <class Read>
auto read_locked(object* channel, Read read) noexcept {
  using result = decltype(read(channel->as<channel_body>()));
  if (channel == nullptr) return result{};
  channel->lock.lock();
  const result value = read(channel->as<channel_body>());
  channel->lock.unlock();
  operation_over("look", channel, effect::nothing);
  return value;
}

}  // namespace

std::size_t channel_handle::size() const noexcept {
  return read_locked(target(), [](const channel_body& body) { return std::size_t{body.size}; });
}

std::size_t channel_handle::capacity() const noexcept {
  return read_locked(target(), [](const channel_body& body) { return std::size_t{body.capacity}; });
}

bool channel_handle::is_closed() const noexcept {
  return read_locked(target(), [](const channel_body& body) { return body.closed; });
}

void channel_handle::close_or_throw() const {
  if (is_nil()) throw error(errc::nil_channel);
  if (!close_channel(*use())) throw_closed("close");
}

op_status send_side<void>::try_send() const noexcept {
  if (is_nil()) return op_status::would_block;
  goroutine* woken = nullptr;
  unit nothing;
  object& channel = *use();
  channel.lock.lock();
  const op_status status = channel_core<unit>::send(channel, nothing, woken);
  channel.lock.unlock();
  if (woken != nullptr) make_ready(*woken);
  tell_of_try("try_send", &channel, status);
  return status;
}

op_status try_receive_unit(object* channel) noexcept {
  if (channel == nullptr) return op_status::would_block;
  goroutine* woken = nullptr;
  std::optional<unit> value;
  channel->lock.lock();
  const op_status status = channel_core<unit>::receive(*channel, value, woken);
  channel->lock.unlock();
  if (woken != nullptr) make_ready(*woken);
  tell_of_try("try_receive", channel, status);
  return status;
}

}  // namespace leash::detail
