#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

#include <leash/detail/base/arena.hpp>
#include <leash/detail/base/handle.hpp>
#include <leash/detail/sync/object_wait.hpp>

// What happens inside a channel. Compare Go's runtime/chan.go.
//
// Invariants, all under the object's lock
// - receivers wait only while the buffer is empty, senders only while it is full; never both, but for a
//   select that sends and receives on one channel.
// - A value moves only after its waiter was claimed, and only by nothrow moves into raw storage; what is
//   displaced or dropped is destroyed after the lock is released.
// - What a value points into is exposed before somebody else gets the value.
// - A closed channel takes no values; what is buffered can still be received.

namespace leash {

enum class op_status : std::uint8_t { success, would_block, closed };

namespace detail {

// What a void channel carries.
struct unit {};

template <class T>
using element_of = std::conditional_t<std::is_void_v<T>, unit, T>;

struct channel_body {
  wait_queue receivers;
  wait_queue senders;
  void* buffer = nullptr;
  std::uint32_t capacity = 0;
  std::uint32_t size = 0;
  std::uint32_t head = 0;
  bool closed = false;
};

template <class T>
struct channel_core {
  static_assert(
      std::is_nothrow_move_constructible_v<T>,
      "a channel moves its values under a lock: give T a move constructor that is noexcept");

  static T* cell(channel_body& body, std::uint32_t offset) noexcept {
    return static_cast<T*>(body.buffer) + (body.head + offset) % body.capacity;
  }
  static void push(channel_body& body, T& value) noexcept {
    expose_targets_of(value);
    new (static_cast<void*>(cell(body, body.size))) T(std::move(value));
    ++body.size;
  }

  // Moves from `value` on success. `woken`: make it ready after unlocking.
  static op_status send(object& channel, T& value, goroutine*& woken) noexcept {
    auto& body = channel.as<channel_body>();
    if (body.closed) return op_status::closed;
    if (wait_node* receiver = body.receivers.claim_first(channel)) {
      expose_targets_of(value);
      static_cast<std::optional<T>*>(receiver->slot)->emplace(std::move(value));
      woken = receiver->waiter;
      return op_status::success;
    }
    if (body.size == body.capacity) return op_status::would_block;
    push(body, value);
    return op_status::success;
  }

  // Requires an empty `into`.
  static op_status receive(object& channel, std::optional<T>& into, goroutine*& woken) noexcept {
    auto& body = channel.as<channel_body>();
    if (body.size != 0 && !(body.closed && mutated(rule::closed_is_drained))) {
      T* oldest = cell(body, 0);
      into.emplace(std::move(*oldest));
      std::destroy_at(oldest);
      body.head = (body.head + 1) % body.capacity;
      --body.size;
      if (wait_node* sender = body.senders.claim_first(channel)) {
        push(body, *static_cast<T*>(sender->slot));
        woken = sender->waiter;
      }
      return op_status::success;
    }
    if (wait_node* sender = body.senders.claim_first(channel)) {
      T& sent = *static_cast<T*>(sender->slot);
      expose_targets_of(sent);
      into.emplace(std::move(sent));
      woken = sender->waiter;
      return op_status::success;
    }
    return body.closed ? op_status::closed : op_status::would_block;
  }

  static void destroy(object& channel) noexcept {
    auto& body = channel.as<channel_body>();
    for (; body.size != 0; --body.size) {
      std::destroy_at(cell(body, 0));
      body.head = (body.head + 1) % body.capacity;
    }
    if (body.buffer != nullptr) free_block(body.buffer);
    std::destroy_at(&body);
  }

  static constexpr object_class kind{"chan", &destroy};

  static handle make(std::size_t capacity) { return make_as<channel_body>(capacity, kind); }

  // A channel of a special kind, whose body begins with a channel's.
  template <class Body>
  static handle make_as(std::size_t capacity, const object_class& kind) {
    if (somebody_explores()) [[unlikely]]
      capacity += ask_extra_capacity();
    if (capacity > std::size_t{1} << 31) throw std::bad_alloc();
    object* made = make_object<Body>(kind);
    auto& body = made->template as<Body>();
    body.capacity = static_cast<std::uint32_t>(capacity);
    // NOLINTNEXTLINE(bugprone-sizeof-expression): T may be a pointer
    if (capacity != 0) body.buffer = allocate_block(capacity * sizeof(T), block_kind::buffer, made);
    return handle::announce(made, set_of(capability::send, capability::receive));
  }
};

// Whether a send, or a receive, would not have to wait. Requires the lock; exact where nobody else runs.
bool can_send(object& channel) noexcept;
bool can_receive(object& channel) noexcept;

inline void tell_of_try(const char* what, const object* channel, op_status status) noexcept {
  operation_over(what, channel, status == op_status::would_block ? effect::nothing : effect::some);
}

// False: it was closed already. The waiters are made ready.
bool close_channel(object& channel) noexcept;

// A send or a receive that may suspend: what does not depend on the type of the value. Without a channel
// (a nil one) it waits for ever.
class channel_wait : public object_wait {
 protected:
  channel_wait(object* channel, capability_set can) noexcept : object_wait(channel, can) {}
  ~channel_wait() = default;

  void suspend(wait_queue channel_body::* queue, wait_reason reason, wait_reason nil_reason,
               capability_set ends) noexcept {
    if (!target_)
      object_wait::suspend(nullptr, nil_reason, ends);
    else
      object_wait::suspend(&(target_->as<channel_body>().*queue), reason, ends);
  }
  // After it was resumed; true: ended by close.
  bool resumed() noexcept {
    object_wait::resumed();
    return node_.closed;
  }
};

[[noreturn]] void throw_closed(const char* operation);

template <class T>
class [[nodiscard("a send happens when it is awaited")]] send_operation final
    : public channel_wait {
 public:
  template <class... Args>
  explicit send_operation(object* channel, Args&&... args)
      : channel_wait(channel, set_of(capability::send)), value_(std::forward<Args>(args)...) {}

  bool await_ready() noexcept {
    if (!enter()) return false;
    goroutine* woken = nullptr;
    const op_status status = channel_core<T>::send(*target_, value_, woken);
    node_.closed = status == op_status::closed;
    node_.slot = static_cast<void*>(&value_);
    return leave(status != op_status::would_block, woken);
  }
  void await_suspend(std::coroutine_handle<>) noexcept {
    suspend(&channel_body::senders, wait_reason::chan_send, wait_reason::chan_send_nil,
            set_of(capability::send, capability::receive));
  }
  void await_resume() {
    if (resumed()) throw_closed("send");
  }

 private:
  T value_;
};

template <class T>
class [[nodiscard("a receive happens when it is awaited")]] receive_operation final
    : public channel_wait {
 public:
  using element = element_of<T>;
  explicit receive_operation(object* channel) noexcept
      : channel_wait(channel, set_of(capability::receive)) {}

  bool await_ready() noexcept {
    if (!enter()) return false;
    goroutine* woken = nullptr;
    const op_status status = channel_core<element>::receive(*target_, value_, woken);
    node_.slot = static_cast<void*>(&value_);
    return leave(status != op_status::would_block, woken);
  }
  void await_suspend(std::coroutine_handle<>) noexcept {
    suspend(&channel_body::receivers, wait_reason::chan_receive, wait_reason::chan_receive_nil,
            set_of(capability::send));
  }
  auto await_resume() noexcept {
    resumed();
    if constexpr (std::is_void_v<T>)
      return value_.has_value();
    else
      return std::move(value_);
  }

 private:
  std::optional<element> value_;
};

}  // namespace detail
}  // namespace leash
