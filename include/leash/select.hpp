#pragma once

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <functional>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#include <leash/channel.hpp>
#include <leash/context.hpp>
#include <leash/detail/sync/select_core.hpp>

// Select, as Go has it: waits until one of several cases can happen, does exactly that one, and says
// which. Among several that can happen the choice is random. A case that is not chosen has no effect:
// nothing is taken from its channel, nothing is moved from its value.
//
//   std::optional<int> v;
//   switch (co_await select(on_receive(numbers, v), on_done(ctx), on_timeout(50ms))) {
//     case 0: …  // v; empty when numbers is closed and drained
//   }
//
// or every case with what to do, run in this goroutine after the choice; it may return a task<>:
//
//   co_await select(on_receive(numbers, [&](std::optional<int> v) { … }), otherwise([] { … }));
//
// The index counts every argument. A nil channel and the background context never happen. select()
// without cases blocks for ever. A chosen send on a closed channel throws errc::closed_channel.

namespace leash {

namespace detail {

struct no_handler {};

// What a channel type carries, when it can receive or send.
template <class Channel>
struct receivable {};
template <class T>
struct receivable<channel<T>> {
  using type = T;
};
template <class T>
struct receivable<receive_channel<T>> {
  using type = T;
};
template <class Channel>
struct sendable {};
template <class T>
struct sendable<channel<T>> {
  using type = element_of<T>;
};
template <class T>
struct sendable<send_channel<T>> {
  using type = element_of<T>;
};

inline object* object_of(const channel_handle& channel) noexcept {
  return channel_access::use(channel);
}

template <class T, class Handler>
class receive_case final : public select_case {
 public:
  using element = element_of<T>;
  static constexpr capability_set uses = set_of(capability::receive);

  receive_case(object* channel, Handler handler, std::optional<element>* into, bool* open)
      : handler_(std::move(handler)), into_(into), open_(open) {
    target.name(channel, uses);
    ends = set_of(capability::send);
  }
  receive_case(receive_case&& other) noexcept
      : receive_case(other.target.get(), std::move(other.handler_), other.into_, other.open_) {}

  bool attempt(goroutine*& woken) noexcept override {
    return channel_core<element>::receive(*target, value_, woken) != op_status::would_block;
  }
  bool possible() const noexcept override { return can_receive(*target); }
  wait_queue& queue() noexcept override { return target->as<channel_body>().receivers; }
  void prepare() noexcept {
    value_.reset();
    node.slot = static_cast<void*>(&value_);
  }
  // Chosen: hands the value to whoever wants it.
  void deliver() {
    if (open_ != nullptr) *open_ = value_.has_value();
    if (into_ != nullptr) {
      into_->reset();
      if (value_) into_->emplace(std::move(*value_));
    }
  }
  decltype(auto) handle_it() {
    if constexpr (std::is_void_v<T>)
      return std::invoke(handler_, value_.has_value());
    else
      return std::invoke(handler_, std::move(value_));
  }
  static constexpr bool has_handler = !std::is_same_v<Handler, no_handler>;

 private:
  Handler handler_;
  std::optional<element>* into_;
  bool* open_;
  std::optional<element> value_;
};

// Sends `*source`, which is moved from only when the case happens, or a copy of its own.
template <class T, class Handler>
class send_case final : public select_case {
 public:
  using value_type = T;
  static constexpr capability_set uses = set_of(capability::send);

  send_case(object* channel, T* source, Handler handler)
      : source_(source), handler_(std::move(handler)) {
    name(channel);
  }
  send_case(object* channel, std::in_place_t, const T& copied, Handler handler)
      : own_(copied), source_(&*own_), handler_(std::move(handler)) {
    name(channel);
  }
  send_case(send_case&& other) noexcept
      : own_(std::move(other.own_)),
        source_(own_ ? &*own_ : other.source_),
        handler_(std::move(other.handler_)) {
    name(other.target.get());
  }

  bool attempt(goroutine*& woken) noexcept override {
    const op_status status = channel_core<T>::send(*target, *source_, woken);
    node.closed = status == op_status::closed;
    return status != op_status::would_block;
  }
  bool possible() const noexcept override { return can_send(*target); }
  wait_queue& queue() noexcept override { return target->as<channel_body>().senders; }
  void prepare() noexcept { node.slot = static_cast<void*>(source_); }
  void deliver() {
    if (node.closed) throw_closed("send");
  }
  // For a selector, which owns its values.
  void own() {
    if (!own_) own_.emplace(std::move(*source_));
    source_ = &*own_;
  }
  std::optional<T>& owned() noexcept { return own_; }
  void sent() noexcept {
    if constexpr (!std::is_same_v<T, unit>) own_.reset();
  }
  decltype(auto) handle_it() { return std::invoke(handler_); }
  static constexpr bool has_handler = !std::is_same_v<Handler, no_handler>;

 private:
  void name(object* channel) noexcept {
    target.name(channel, uses);
    ends = set_of(capability::send, capability::receive);
  }

  std::optional<T> own_;
  T* source_;
  Handler handler_;
};

template <class Handler>
class done_case final : public select_case {
 public:
  static constexpr capability_set uses = set_of();

  done_case(object* context, Handler handler) : handler_(std::move(handler)) {
    target.name(context, uses);
    ends = set_of(capability::cancel);
  }
  done_case(done_case&& other) noexcept
      : done_case(other.target.get(), std::move(other.handler_)) {}

  bool attempt(goroutine*&) noexcept override {
    return target->done.load(std::memory_order_relaxed);
  }
  bool possible() const noexcept override { return target->done.load(std::memory_order_relaxed); }
  wait_queue& queue() noexcept override { return target->as<context_body>().waiters; }
  void prepare() noexcept {}
  void deliver() noexcept {}
  decltype(auto) handle_it() { return std::invoke(handler_); }
  static constexpr bool has_handler = !std::is_same_v<Handler, no_handler>;

 private:
  Handler handler_;
};

// The cases that wait for no object.
template <class Handler>
struct timeout_case {
  std::chrono::nanoseconds limit;
  Handler handler;
  void prepare() noexcept {}
  void deliver() noexcept {}
  decltype(auto) handle_it() { return std::invoke(handler); }
  static constexpr bool has_handler = !std::is_same_v<Handler, no_handler>;
};

template <class Handler>
struct otherwise_case {
  Handler handler;
  void prepare() noexcept {}
  void deliver() noexcept {}
  decltype(auto) handle_it() { return std::invoke(handler); }
  static constexpr bool has_handler = !std::is_same_v<Handler, no_handler>;
};

// What `otherwise` is: a case, and what makes one that does something.
struct plain_otherwise : otherwise_case<no_handler> {
  constexpr otherwise_case<no_handler> operator()() const noexcept { return {}; }
  template <std::invocable Handler>
  constexpr auto operator()(Handler handler) const {
    return otherwise_case<Handler>{std::move(handler)};
  }
};

template <class C>
inline constexpr bool is_timeout = false;
template <class H>
inline constexpr bool is_timeout<timeout_case<H>> = true;
template <class C>
inline constexpr bool is_otherwise = false;
template <class H>
inline constexpr bool is_otherwise<otherwise_case<H>> = true;
template <>
inline constexpr bool is_otherwise<plain_otherwise> = true;

template <class... Cases>
class [[nodiscard("a select happens when it is awaited")]] select_operation final
    : public select_wait {
  static_assert((0 + ... + is_otherwise<Cases>) <= 1, "a select has at most one otherwise()");
  static_assert((0 + ... + is_timeout<Cases>) <= 1, "a select has at most one on_timeout()");

 public:
  explicit select_operation(Cases&&... cases) : kept_(std::move(cases)...) {}

  void bind(promise_base& frame) noexcept {
    self_ = frame.owner;
    cases_ = pointers_.data();
    order_ = objects_.data();
    targets_ = room_.data();
    count_ = sizeof...(Cases);
    bind_cases(std::index_sequence_for<Cases...>{});
  }
  bool await_ready() noexcept { return ready(); }
  void await_suspend(std::coroutine_handle<>) noexcept { suspend(); }
  std::size_t await_resume() {
    const std::uint32_t chosen = resumed();
    visit(chosen, [](auto& each) { each.deliver(); });
    return chosen;
  }

  template <class Visitor>
  void visit(std::size_t chosen, Visitor visitor) {
    visit_at(chosen, visitor, std::index_sequence_for<Cases...>{});
  }

 private:
  template <std::size_t... I>
  void bind_cases(std::index_sequence<I...>) noexcept {
    (bind_case(std::get<I>(kept_), I), ...);
  }
  template <class Case>
  void bind_case(Case& each, std::size_t index) noexcept {
    each.prepare();
    if constexpr (std::derived_from<Case, select_case>) {
      pointers_[index] = &each;
      each.node.index = static_cast<std::uint32_t>(index);
    } else if constexpr (is_timeout<Case>) {
      timeout_ = static_cast<std::uint32_t>(index);
      deadline_ = in_future(*self_->home.load(std::memory_order_relaxed), each.limit);
    } else {
      otherwise_ = static_cast<std::uint32_t>(index);
    }
  }
  template <class Visitor, std::size_t... I>
  void visit_at(std::size_t chosen, Visitor& visitor, std::index_sequence<I...>) {
    ((chosen == I ? static_cast<void>(visitor(std::get<I>(kept_))) : void()), ...);
  }

  static constexpr std::size_t room = sizeof...(Cases) == 0 ? 1 : sizeof...(Cases);
  std::tuple<Cases...> kept_;
  std::array<select_case*, room> pointers_{};
  std::array<hidden_pointer<object>, room> objects_{};
  std::array<wait_target, room> room_{};
};

// Runs the chosen case's handler in this goroutine, after every claim and lock is gone.
template <class... Cases>
task<std::size_t> select_and_handle(Cases... cases) {
  select_operation<Cases...> operation(std::move(cases)...);
  const std::size_t chosen = co_await std::move(operation);
  std::optional<task<>> rest;
  // NOLINTNEXTLINE(bugprone-use-after-move): an operation is awaited in place, never moved
  operation.visit(chosen, [&](auto& each) {
    if constexpr (std::is_same_v<decltype(each.handle_it()), task<>>)
      rest.emplace(each.handle_it());
    else
      each.handle_it();
  });
  if (rest) co_await std::move(*rest);
  co_return chosen;
}

}  // namespace detail

// A value comes, or the channel is closed and drained: `into` is empty then (false for a void channel).
template <class Channel, class T = typename detail::receivable<Channel>::type>
  requires(!std::is_void_v<T>)
auto on_receive(const Channel& from, std::optional<T>& into) {
  return detail::receive_case<T, detail::no_handler>(detail::object_of(from), {}, &into, nullptr);
}
template <class Channel, class T = typename detail::receivable<Channel>::type>
  requires std::is_void_v<T>
auto on_receive(const Channel& from, bool& open) {
  return detail::receive_case<T, detail::no_handler>(detail::object_of(from), {}, nullptr, &open);
}
template <class Channel, class T = typename detail::receivable<Channel>::type>
auto on_receive(const Channel& from) {
  return detail::receive_case<T, detail::no_handler>(detail::object_of(from), {}, nullptr, nullptr);
}
template <class Channel, class Handler, class T = typename detail::receivable<Channel>::type>
  requires std::invocable<
      Handler&, std::conditional_t<std::is_void_v<T>, bool, std::optional<detail::element_of<T>>>>
auto on_receive(const Channel& from, Handler handler) {
  return detail::receive_case<T, Handler>(detail::object_of(from), std::move(handler), nullptr,
                                          nullptr);
}

// The value can be sent. An rvalue is moved from only when this case happens, and is to stay until the
// select is over, as a temporary in the same expression does; an lvalue is copied.
template <class Channel, class T = typename detail::sendable<Channel>::type,
          class Handler = detail::no_handler>
auto on_send(const Channel& to, std::type_identity_t<T>&& value, Handler handler = {}) {
  return detail::send_case<T, Handler>(detail::object_of(to), &value, std::move(handler));
}
template <class Channel, class T = typename detail::sendable<Channel>::type,
          class Handler = detail::no_handler>
  requires std::is_copy_constructible_v<T>
auto on_send(const Channel& to, const std::type_identity_t<T>& value, Handler handler = {}) {
  return detail::send_case<T, Handler>(detail::object_of(to), std::in_place, value,
                                       std::move(handler));
}
template <class Channel, class T = typename detail::sendable<Channel>::type>
  requires std::is_same_v<T, detail::unit>
auto on_send(const Channel& to) {
  return detail::send_case<T, detail::no_handler>(detail::object_of(to), std::in_place, T{}, {});
}

// The context is done.
inline auto on_done(const context& ctx) {
  return detail::done_case<detail::no_handler>(detail::context_access::target(ctx), {});
}
template <std::invocable Handler>
auto on_done(const context& ctx, Handler handler) {
  return detail::done_case<Handler>(detail::context_access::target(ctx), std::move(handler));
}

// Nothing else has happened for that long.
inline auto on_timeout(std::chrono::nanoseconds limit) {
  return detail::timeout_case<detail::no_handler>{limit, {}};
}
template <std::invocable Handler>
auto on_timeout(std::chrono::nanoseconds limit, Handler handler) {
  return detail::timeout_case<Handler>{limit, std::move(handler)};
}

// Nothing can happen at once: the select does not suspend (Go's default). `otherwise` and `otherwise()`
// are the case alone; `otherwise(handler)` runs the handler then.
inline constexpr detail::plain_otherwise otherwise{};

// co_await: the index of the case that happened.
template <class... Cases>
auto select(Cases... cases) {
  constexpr std::size_t handlers = (0 + ... + static_cast<std::size_t>(Cases::has_handler));
  static_assert(handlers == 0 || handlers == sizeof...(Cases),
                "give every case of a select something to do, or none");
  if constexpr (handlers == 0)
    return detail::select_operation<Cases...>(std::move(cases)...);
  else
    return detail::select_and_handle(std::move(cases)...);
}

}  // namespace leash
