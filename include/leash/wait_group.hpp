#pragma once

#include <cstdint>
#include <source_location>
#include <utility>

#include <leash/detail/base/handle.hpp>
#include <leash/detail/sync/wait_group_core.hpp>
#include <leash/go.hpp>

namespace leash {

// One that a wait_group waits for: done when it is destroyed, also in a goroutine that is unwound. Movable;
// a default-made or moved-from one has nothing to do.
class [[nodiscard("a token is done when it is destroyed")]] wait_group_token {
 public:
  wait_group_token() noexcept = default;
  wait_group_token(wait_group_token&&) noexcept = default;
  wait_group_token& operator=(wait_group_token&& other) noexcept {
    if (this != &other) {
      done();
      handle_ = std::move(other.handle_);
    }
    return *this;
  }
  ~wait_group_token() { done(); }

  // Now. The second time it does nothing.
  void done() noexcept;

 private:
  friend class wait_group;
  explicit wait_group_token(detail::handle named) noexcept : handle_(std::move(named)) {}

  detail::handle handle_;
};

// Waits for a number of goroutines, or of anything, to be done. As in Go, and with tokens that are done by
// themselves:
//
//   wait_group all;
//   for (auto& url : urls) all.go(fetch, url);
//   co_await all.wait();
//
// A handle: copies name one wait group. Everything but wait() may be called from any thread. On a nil
// one, which was moved from, every operation throws errc::nil_handle.
class wait_group {
 public:
  wait_group();

  // Adds n, which may be negative, to the number of what is not done. At zero all who wait go on; it can be
  // used again at once. Throws errc::negative_counter, and has no effect, where it would be negative.
  void add(std::int64_t n) const;
  void done() const { add(-1); }
  // co_await: suspends until nothing is left to be done. The trace says sync.WaitGroup.Wait.
  detail::wait_group_wait wait() const;

  // Adds one that is done when the token is.
  wait_group_token token() const;

  // As leash::go: starts f(args…), which is done when the goroutine is gone and num_goroutines() does not
  // count it any more, however it ended.
  template <class F>
    requires starts_goroutine<F>
  void go(F&& f, std::source_location where = std::source_location::current()) const {
    start(where, std::forward<F>(f));
  }
  template <class F, class A>
    requires starts_goroutine<F, A>
  void go(F&& f, A&& a, std::source_location where = std::source_location::current()) const {
    start(where, std::forward<F>(f), std::forward<A>(a));
  }
  template <class F, class A, class B>
    requires starts_goroutine<F, A, B>
  void go(F&& f, A&& a, B&& b, std::source_location where = std::source_location::current()) const {
    start(where, std::forward<F>(f), std::forward<A>(a), std::forward<B>(b));
  }
  template <class F, class A, class B, class C>
    requires starts_goroutine<F, A, B, C>
  void go(F&& f, A&& a, B&& b, C&& c,
          std::source_location where = std::source_location::current()) const {
    start(where, std::forward<F>(f), std::forward<A>(a), std::forward<B>(b), std::forward<C>(c));
  }
  template <class F, class A, class B, class C, class D>
    requires starts_goroutine<F, A, B, C, D>
  void go(F&& f, A&& a, B&& b, C&& c, D&& d,
          std::source_location where = std::source_location::current()) const {
    start(where, std::forward<F>(f), std::forward<A>(a), std::forward<B>(b), std::forward<C>(c),
          std::forward<D>(d));
  }
  template <class F, class A, class B, class C, class D, class E>
    requires starts_goroutine<F, A, B, C, D, E>
  void go(F&& f, A&& a, B&& b, C&& c, D&& d, E&& e,
          std::source_location where = std::source_location::current()) const {
    start(where, std::forward<F>(f), std::forward<A>(a), std::forward<B>(b), std::forward<C>(c),
          std::forward<D>(d), std::forward<E>(e));
  }
  template <class F, class A, class B, class C, class D, class E, class G>
    requires starts_goroutine<F, A, B, C, D, E, G>
  void go(F&& f, A&& a, B&& b, C&& c, D&& d, E&& e, G&& g,
          std::source_location where = std::source_location::current()) const {
    start(where, std::forward<F>(f), std::forward<A>(a), std::forward<B>(b), std::forward<C>(c),
          std::forward<D>(d), std::forward<E>(e), std::forward<G>(g));
  }

  bool is_nil() const noexcept { return !handle_; }
  friend bool operator==(const wait_group& a, const wait_group& b) noexcept {
    return a.handle_.target() == b.handle_.target();
  }

 private:
  template <class F, class... A>
  void start(std::source_location where, F&& f, A&&... args) const {
    add(1);
    detail::start_with(detail::counted_closure(detail::handle(handle_)), nullptr, where,
                       std::forward<F>(f), std::forward<A>(args)...);
  }

  detail::handle handle_;
};

}  // namespace leash
