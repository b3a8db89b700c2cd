#pragma once

#include <chrono>
#include <concepts>
#include <exception>
#include <memory>
#include <optional>
#include <source_location>
#include <system_error>
#include <utility>

#include <leash/detail/sync/context_core.hpp>
#include <leash/go.hpp>

// Contexts, as Go has them, with an owner. A context tells when work is to end; a cancelable_context
// owns one and ends it, at the latest when it goes out of scope. A goroutine that is started with a
// context is on its leash: when the context is done, the goroutine is unwound where it is suspended, or
// at its next suspension; its destructors run and it cannot refuse.
//
//   cancelable_context c = with_timeout(background(), 200ms);
//   go(c, fetch, "http://a/");
//   c.cancel();

namespace leash {

namespace detail {
struct context_access;
}

// A view of a context; cheap to copy, usable from any thread. The default one is the background, which
// is never done.
class context {
 public:
  context() noexcept = default;

  // co_await: suspends until the context is done.
  detail::done_operation done() const noexcept { return detail::done_operation(handle_.target()); }
  bool is_done() const noexcept;
  // Why it is done: errc::canceled or errc::deadline_exceeded; empty while it is not.
  std::error_code error() const noexcept;
  // Why it is done, as an exception: the cause that was given to cancel() or with_timeout(), or else
  // leash::error with error(). Null while it is not done.
  std::exception_ptr cause() const noexcept;
  // The earliest deadline of it and those above it.
  std::optional<std::chrono::steady_clock::time_point> deadline() const noexcept;

  // What with_value<Key> has put into it or into one above it, the nearest; null when nobody has. It stays
  // as long as a context that holds it, or one below that.
  template <class Key>
  const typename Key::type* value() const noexcept;

  friend bool operator==(const context& a, const context& b) noexcept {
    return a.handle_.target() == b.handle_.target();
  }

 private:
  friend struct detail::context_access;
  explicit context(detail::handle named) noexcept : handle_(std::move(named)) {}

  detail::handle handle_;
};

// The owner of a context. Movable. cancel() may be called from any thread and more than once; it claims
// the goroutines on the leash and returns, they are unwound by the workers.
class [[nodiscard("a context is cancelled when its owner goes out of scope")]] cancelable_context {
 public:
  cancelable_context(cancelable_context&&) noexcept = default;
  cancelable_context& operator=(cancelable_context&& other) noexcept {
    if (this != &other) {
      cancel();
      handle_ = std::move(other.handle_);
    }
    return *this;
  }
  ~cancelable_context() { cancel(); }

  leash::context context() const noexcept;
  operator leash::context() const noexcept { return context(); }
  void cancel() const noexcept;
  // `cause` is what context::cause() gives, here and below; null: the error.
  void cancel(const std::exception_ptr& cause) const noexcept;

 private:
  friend struct detail::context_access;
  explicit cancelable_context(detail::handle owner) noexcept : handle_(std::move(owner)) {}

  detail::handle handle_;
};

inline context background() noexcept { return {}; }
// A context below `parent`, done when that is or when its owner cancels.
cancelable_context with_cancel(const context& parent);
// Also done when the time has come; `cause` is what context::cause() gives then. Called on a goroutine; throws
// errc::no_runtime elsewhere.
cancelable_context with_timeout(const context& parent, std::chrono::nanoseconds limit,
                                std::exception_ptr cause = nullptr);
cancelable_context with_deadline(const context& parent,
                                 std::chrono::steady_clock::time_point deadline,
                                 std::exception_ptr cause = nullptr);

// A context below `parent` that also holds a value, for context::value<Key>(). Key is a type of the caller's
// own that says what it stands for: struct user_id { using type = std::string; };
template <class Key>
context with_value(const context& parent, typename Key::type value);
// A context with the values of `parent` that is never done: for what has to go on when `parent` is
// cancelled.
context without_cancel(const context& parent);

namespace this_goroutine {
// The context that the running goroutine is bound to; the background when there is none.
leash::context context() noexcept;
}  // namespace this_goroutine

namespace detail {

struct context_access {
  static object* target(const context& view) noexcept { return view.handle_.target(); }
  static object* target(const cancelable_context& owner) noexcept { return owner.handle_.target(); }
  static context make(handle named) noexcept { return context(std::move(named)); }
  static cancelable_context own(handle owner) noexcept {
    return cancelable_context(std::move(owner));
  }
};

template <class C>
concept leash_of = std::same_as<std::remove_cvref_t<C>, context> ||
                   std::same_as<std::remove_cvref_t<C>, cancelable_context>;

}  // namespace detail

// go(ctx, f, args…): starts f on the leash of ctx, a context or a cancelable_context; see go.hpp.
template <detail::leash_of L, class F>
  requires starts_goroutine<F>
void go(const L& leash, F&& f, std::source_location where = std::source_location::current()) {
  detail::start_detached(detail::context_access::target(leash), where, std::forward<F>(f));
}
template <detail::leash_of L, class F, class A>
  requires starts_goroutine<F, A>
void go(const L& leash, F&& f, A&& a,
        std::source_location where = std::source_location::current()) {
  detail::start_detached(detail::context_access::target(leash), where, std::forward<F>(f),
                         std::forward<A>(a));
}
template <detail::leash_of L, class F, class A, class B>
  requires starts_goroutine<F, A, B>
void go(const L& leash, F&& f, A&& a, B&& b,
        std::source_location where = std::source_location::current()) {
  detail::start_detached(detail::context_access::target(leash), where, std::forward<F>(f),
                         std::forward<A>(a), std::forward<B>(b));
}
template <detail::leash_of L, class F, class A, class B, class C>
  requires starts_goroutine<F, A, B, C>
void go(const L& leash, F&& f, A&& a, B&& b, C&& c,
        std::source_location where = std::source_location::current()) {
  detail::start_detached(detail::context_access::target(leash), where, std::forward<F>(f),
                         std::forward<A>(a), std::forward<B>(b), std::forward<C>(c));
}
template <detail::leash_of L, class F, class A, class B, class C, class D>
  requires starts_goroutine<F, A, B, C, D>
void go(const L& leash, F&& f, A&& a, B&& b, C&& c, D&& d,
        std::source_location where = std::source_location::current()) {
  detail::start_detached(detail::context_access::target(leash), where, std::forward<F>(f),
                         std::forward<A>(a), std::forward<B>(b), std::forward<C>(c),
                         std::forward<D>(d));
}

// Implementation

namespace detail {

// One address a key.
template <class Key>
inline constexpr char key_place = 0;

template <class T>
inline constexpr context_hooks value_hooks{
    .destroy = [](void* held) noexcept { delete static_cast<T*>(held); }};

}  // namespace detail

template <class Key>
const typename Key::type* context::value() const noexcept {
  return static_cast<const typename Key::type*>(
      detail::find_value(handle_.target(), &detail::key_place<Key>));
}

template <class Key>
context with_value(const context& parent, typename Key::type value) {
  using type = typename Key::type;
  auto kept = std::make_unique<type>(std::move(value));
  detail::handle made = detail::make_context(
      detail::context_access::target(parent), detail::clock_time::max(), 0,
      {.key = &detail::key_place<Key>, .held = kept.get(), .hooks = &detail::value_hooks<type>});
  [[maybe_unused]] const type* const given = kept.release();  // to the context
  return detail::context_access::make(std::move(made));
}

inline context cancelable_context::context() const noexcept {
  if (!handle_) return {};
  return detail::context_access::make(detail::handle(handle_, 0));
}

}  // namespace leash
