#pragma once

#include <source_location>
#include <type_traits>
#include <utility>

#include <leash/context.hpp>
#include <leash/detail/sync/spawn_core.hpp>
#include <leash/go.hpp>

namespace leash {

namespace detail {
struct join_access;
}

// What spawn() returns: names a goroutine, to wait for its end and to get what its task returned.
//
//   join_handle<int> sum = spawn(add, 1, 2);
//   use(co_await sum);              // or co_await std::move(sum)
//
// Dropping it lets the goroutine go: it runs on, as after go(), and an exception that nobody can hear of
// any more ends the program; but not when the dropper itself is being unwound, or is left because of an
// exception: whatever that goroutine throws is of no interest then. Movable. A default-made or moved-from
// one is nil.
template <class T = void>
class [[nodiscard("dropping a join_handle lets the goroutine go: go() says so")]] join_handle {
 public:
  join_handle() noexcept = default;
  join_handle(join_handle&&) noexcept = default;
  join_handle& operator=(join_handle&& other) noexcept {
    if (this != &other) {
      if (handle_) detail::let_go(handle_);
      handle_ = std::move(other.handle_);
    }
    return *this;
  }
  ~join_handle() {
    if (handle_) detail::let_go(handle_);
  }

  // co_await: suspends until the goroutine's frames and closure are destroyed and num_goroutines() does not
  // count it any more; then gives what its task returned, or rethrows what it threw. For a goroutine that
  // was unwound it throws its context's error (errc::canceled or errc::deadline_exceeded), with the cause.
  // When the join itself is unwound, the goroutine can still be joined, through this handle. The value is
  // given once: a second join of it throws errc::nil_handle, as does the join of a nil handle.
  detail::join_operation<T> join() const {
    return detail::join_operation<T>(detail::handle(handle_, 0), false);
  }
  // co_await handle: the same.
  detail::join_operation<T> operator co_await() const& { return join(); }
  // co_await std::move(handle): the same, and the handle is nil afterwards.
  detail::join_operation<T> operator co_await() && {
    return detail::join_operation<T>(std::move(handle_), true);
  }

  // Whether a join would not suspend. Any thread.
  bool has_ended() const noexcept { return !handle_ || detail::has_ended(handle_); }
  bool is_nil() const noexcept { return !handle_; }
  friend bool operator==(const join_handle& a, const join_handle& b) noexcept {
    return a.handle_.target() == b.handle_.target();
  }

 private:
  friend struct detail::join_access;
  explicit join_handle(detail::handle named) noexcept : handle_(std::move(named)) {}

  detail::handle handle_;
};

namespace detail {

struct join_access {
  // Names what a closure's end of a completion names, and can do nothing to it.
  template <class T>
  static join_handle<T> name(const handle& completion) noexcept {
    return join_handle<T>(handle(completion, 0));
  }
};

template <class F, class... A>
auto start_joinable(object* leash, std::source_location where, F&& f, A&&... args) {
  using value = typename std::invoke_result_t<std::decay_t<F>&, std::decay_t<A>...>::value_type;
  handle completion = make_completion_of<value>();
  join_handle<value> joined = join_access::name<value>(completion);
  start_with(spawned<value>(std::move(completion)), leash, where, std::forward<F>(f),
             std::forward<A>(args)...);
  return joined;
}

}  // namespace detail

// spawn(f, args…): as go(), and gives a join_handle<T> for what f's task<T> returns.
template <class F>
  requires starts_goroutine<F>
auto spawn(F&& f, std::source_location where = std::source_location::current()) {
  return detail::start_joinable(nullptr, where, std::forward<F>(f));
}
template <class F, class A>
  requires starts_goroutine<F, A>
auto spawn(F&& f, A&& a, std::source_location where = std::source_location::current()) {
  return detail::start_joinable(nullptr, where, std::forward<F>(f), std::forward<A>(a));
}
template <class F, class A, class B>
  requires starts_goroutine<F, A, B>
auto spawn(F&& f, A&& a, B&& b, std::source_location where = std::source_location::current()) {
  return detail::start_joinable(nullptr, where, std::forward<F>(f), std::forward<A>(a),
                                std::forward<B>(b));
}
template <class F, class A, class B, class C>
  requires starts_goroutine<F, A, B, C>
auto spawn(F&& f, A&& a, B&& b, C&& c,
           std::source_location where = std::source_location::current()) {
  return detail::start_joinable(nullptr, where, std::forward<F>(f), std::forward<A>(a),
                                std::forward<B>(b), std::forward<C>(c));
}
template <class F, class A, class B, class C, class D>
  requires starts_goroutine<F, A, B, C, D>
auto spawn(F&& f, A&& a, B&& b, C&& c, D&& d,
           std::source_location where = std::source_location::current()) {
  return detail::start_joinable(nullptr, where, std::forward<F>(f), std::forward<A>(a),
                                std::forward<B>(b), std::forward<C>(c), std::forward<D>(d));
}
template <class F, class A, class B, class C, class D, class E>
  requires starts_goroutine<F, A, B, C, D, E>
auto spawn(F&& f, A&& a, B&& b, C&& c, D&& d, E&& e,
           std::source_location where = std::source_location::current()) {
  return detail::start_joinable(nullptr, where, std::forward<F>(f), std::forward<A>(a),
                                std::forward<B>(b), std::forward<C>(c), std::forward<D>(d),
                                std::forward<E>(e));
}
template <class F, class A, class B, class C, class D, class E, class G>
  requires starts_goroutine<F, A, B, C, D, E, G>
auto spawn(F&& f, A&& a, B&& b, C&& c, D&& d, E&& e, G&& g,
           std::source_location where = std::source_location::current()) {
  return detail::start_joinable(nullptr, where, std::forward<F>(f), std::forward<A>(a),
                                std::forward<B>(b), std::forward<C>(c), std::forward<D>(d),
                                std::forward<E>(e), std::forward<G>(g));
}

// spawn(ctx, f, args…): the same on the leash of ctx, a context or a cancelable_context.
template <detail::leash_of L, class F>
  requires starts_goroutine<F>
auto spawn(const L& leash, F&& f, std::source_location where = std::source_location::current()) {
  return detail::start_joinable(detail::context_access::target(leash), where, std::forward<F>(f));
}
template <detail::leash_of L, class F, class A>
  requires starts_goroutine<F, A>
auto spawn(const L& leash, F&& f, A&& a,
           std::source_location where = std::source_location::current()) {
  return detail::start_joinable(detail::context_access::target(leash), where, std::forward<F>(f),
                                std::forward<A>(a));
}
template <detail::leash_of L, class F, class A, class B>
  requires starts_goroutine<F, A, B>
auto spawn(const L& leash, F&& f, A&& a, B&& b,
           std::source_location where = std::source_location::current()) {
  return detail::start_joinable(detail::context_access::target(leash), where, std::forward<F>(f),
                                std::forward<A>(a), std::forward<B>(b));
}
template <detail::leash_of L, class F, class A, class B, class C>
  requires starts_goroutine<F, A, B, C>
auto spawn(const L& leash, F&& f, A&& a, B&& b, C&& c,
           std::source_location where = std::source_location::current()) {
  return detail::start_joinable(detail::context_access::target(leash), where, std::forward<F>(f),
                                std::forward<A>(a), std::forward<B>(b), std::forward<C>(c));
}
template <detail::leash_of L, class F, class A, class B, class C, class D>
  requires starts_goroutine<F, A, B, C, D>
auto spawn(const L& leash, F&& f, A&& a, B&& b, C&& c, D&& d,
           std::source_location where = std::source_location::current()) {
  return detail::start_joinable(detail::context_access::target(leash), where, std::forward<F>(f),
                                std::forward<A>(a), std::forward<B>(b), std::forward<C>(c),
                                std::forward<D>(d));
}
template <detail::leash_of L, class F, class A, class B, class C, class D, class E>
  requires starts_goroutine<F, A, B, C, D, E>
auto spawn(const L& leash, F&& f, A&& a, B&& b, C&& c, D&& d, E&& e,
           std::source_location where = std::source_location::current()) {
  return detail::start_joinable(detail::context_access::target(leash), where, std::forward<F>(f),
                                std::forward<A>(a), std::forward<B>(b), std::forward<C>(c),
                                std::forward<D>(d), std::forward<E>(e));
}
template <detail::leash_of L, class F, class A, class B, class C, class D, class E, class G>
  requires starts_goroutine<F, A, B, C, D, E, G>
auto spawn(const L& leash, F&& f, A&& a, B&& b, C&& c, D&& d, E&& e, G&& g,
           std::source_location where = std::source_location::current()) {
  return detail::start_joinable(detail::context_access::target(leash), where, std::forward<F>(f),
                                std::forward<A>(a), std::forward<B>(b), std::forward<C>(c),
                                std::forward<D>(d), std::forward<E>(e), std::forward<G>(g));
}

}  // namespace leash
