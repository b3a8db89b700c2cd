#pragma once

#include <chrono>
#include <concepts>
#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>

#include <leash/context.hpp>
#include <leash/detail/sync/group.hpp>
#include <leash/shield.hpp>
#include <leash/spawn.hpp>

namespace leash {

namespace detail {

struct scope_access;

// The closure of a child that can be joined.
template <class T>
class spawned_child : public group_child {
 public:
  spawned_child(group& owner, handle completion) noexcept
      : group_child(owner), source_(std::move(completion)) {
    source_.heard_anyway();
  }
  void completed(promise_base* root) noexcept override {
    source_.completed<T>(root);
    if (root == nullptr)
      group_->unwound();
    else if (auto what = source_.failure())
      group_->failed(std::move(what));
  }
  void ended() noexcept override {
    source_.ended();
    group_child::ended();
  }

 private:
  completion_source source_;
};

}  // namespace detail

// Starts goroutines that end before with_scope returns. Lives in with_scope; children may use it too.
class scope {
 public:
  scope(scope&&) = delete;

  // As leash::go, on the scope's context. The first child that throws cancels the others.
  template <class F>
    requires starts_goroutine<F>
  void go(F&& f, std::source_location where = std::source_location::current()) {
    start(where, std::forward<F>(f));
  }
  template <class F, class A>
    requires starts_goroutine<F, A>
  void go(F&& f, A&& a, std::source_location where = std::source_location::current()) {
    start(where, std::forward<F>(f), std::forward<A>(a));
  }
  template <class F, class A, class B>
    requires starts_goroutine<F, A, B>
  void go(F&& f, A&& a, B&& b, std::source_location where = std::source_location::current()) {
    start(where, std::forward<F>(f), std::forward<A>(a), std::forward<B>(b));
  }
  template <class F, class A, class B, class C>
    requires starts_goroutine<F, A, B, C>
  void go(F&& f, A&& a, B&& b, C&& c,
          std::source_location where = std::source_location::current()) {
    start(where, std::forward<F>(f), std::forward<A>(a), std::forward<B>(b), std::forward<C>(c));
  }
  template <class F, class A, class B, class C, class D>
    requires starts_goroutine<F, A, B, C, D>
  void go(F&& f, A&& a, B&& b, C&& c, D&& d,
          std::source_location where = std::source_location::current()) {
    start(where, std::forward<F>(f), std::forward<A>(a), std::forward<B>(b), std::forward<C>(c),
          std::forward<D>(d));
  }
  template <class F, class A, class B, class C, class D, class E>
    requires starts_goroutine<F, A, B, C, D, E>
  void go(F&& f, A&& a, B&& b, C&& c, D&& d, E&& e,
          std::source_location where = std::source_location::current()) {
    start(where, std::forward<F>(f), std::forward<A>(a), std::forward<B>(b), std::forward<C>(c),
          std::forward<D>(d), std::forward<E>(e));
  }
  template <class F, class A, class B, class C, class D, class E, class G>
    requires starts_goroutine<F, A, B, C, D, E, G>
  void go(F&& f, A&& a, B&& b, C&& c, D&& d, E&& e, G&& g,
          std::source_location where = std::source_location::current()) {
    start(where, std::forward<F>(f), std::forward<A>(a), std::forward<B>(b), std::forward<C>(c),
          std::forward<D>(d), std::forward<E>(e), std::forward<G>(g));
  }

  // As leash::spawn. A child that throws is a child that throws: the others are cancelled, and with_scope
  // rethrows what it threw, whoever joins it.
  template <class F>
    requires starts_goroutine<F>
  auto spawn(F&& f, std::source_location where = std::source_location::current()) {
    return start_joinable(where, std::forward<F>(f));
  }
  template <class F, class A>
    requires starts_goroutine<F, A>
  auto spawn(F&& f, A&& a, std::source_location where = std::source_location::current()) {
    return start_joinable(where, std::forward<F>(f), std::forward<A>(a));
  }
  template <class F, class A, class B>
    requires starts_goroutine<F, A, B>
  auto spawn(F&& f, A&& a, B&& b, std::source_location where = std::source_location::current()) {
    return start_joinable(where, std::forward<F>(f), std::forward<A>(a), std::forward<B>(b));
  }
  template <class F, class A, class B, class C>
    requires starts_goroutine<F, A, B, C>
  auto spawn(F&& f, A&& a, B&& b, C&& c,
             std::source_location where = std::source_location::current()) {
    return start_joinable(where, std::forward<F>(f), std::forward<A>(a), std::forward<B>(b),
                          std::forward<C>(c));
  }
  template <class F, class A, class B, class C, class D>
    requires starts_goroutine<F, A, B, C, D>
  auto spawn(F&& f, A&& a, B&& b, C&& c, D&& d,
             std::source_location where = std::source_location::current()) {
    return start_joinable(where, std::forward<F>(f), std::forward<A>(a), std::forward<B>(b),
                          std::forward<C>(c), std::forward<D>(d));
  }
  template <class F, class A, class B, class C, class D, class E>
    requires starts_goroutine<F, A, B, C, D, E>
  auto spawn(F&& f, A&& a, B&& b, C&& c, D&& d, E&& e,
             std::source_location where = std::source_location::current()) {
    return start_joinable(where, std::forward<F>(f), std::forward<A>(a), std::forward<B>(b),
                          std::forward<C>(c), std::forward<D>(d), std::forward<E>(e));
  }
  template <class F, class A, class B, class C, class D, class E, class G>
    requires starts_goroutine<F, A, B, C, D, E, G>
  auto spawn(F&& f, A&& a, B&& b, C&& c, D&& d, E&& e, G&& g,
             std::source_location where = std::source_location::current()) {
    return start_joinable(where, std::forward<F>(f), std::forward<A>(a), std::forward<B>(b),
                          std::forward<C>(c), std::forward<D>(d), std::forward<E>(e),
                          std::forward<G>(g));
  }

  // The context that the children are bound to. It is done when the scope is over.
  leash::context context() const noexcept {
    return detail::context_access::make(detail::handle(&group_.context(), 0));
  }
  // Unwinds all children, the body among them; with_scope then throws errc::canceled.
  void cancel() noexcept { group_.cancel(); }

 private:
  friend struct detail::scope_access;
  explicit scope(detail::object* parent) : group_(parent) {}

  template <class F, class... A>
  void start(std::source_location where, F&& f, A&&... args) {
    detail::start_with(detail::group_child(group_), &group_.context(), where, std::forward<F>(f),
                       std::forward<A>(args)...);
  }

  template <class F, class... A>
  auto start_joinable(std::source_location where, F&& f, A&&... args) {
    using value = typename std::invoke_result_t<std::decay_t<F>&, std::decay_t<A>...>::value_type;
    detail::handle completion = detail::make_completion_of<value>();
    join_handle<value> joined = detail::join_access::name<value>(completion);
    detail::start_with(detail::spawned_child<value>(group_, std::move(completion)),
                       &group_.context(), where, std::forward<F>(f), std::forward<A>(args)...);
    return joined;
  }

  detail::group group_;
};

namespace detail {

struct scope_access : scope {
  explicit scope_access(object* parent) : scope(parent) {}
  using scope::group_;
};

template <class F>
task<> run_scope(F body, std::source_location where) {
  scope_access children(current_leash());
  scope& view = children;
  view.go([&body, &view] { return body(view); }, where);
  co_await children.group_.join();
  children.group_.rethrow();
}

}  // namespace detail

// co_await with_scope([&](scope& s) -> task<> { s.go(f); … }): runs the body as the scope's first child
// and returns when all children are gone, on every way out: also an unwound goroutine waits for its
// children before it lets go of the frames that they borrow from. Rethrows the first failure; throws
// errc::canceled (or deadline_exceeded) when a child was unwound without one.
template <class F>
task<> with_scope(F body, std::source_location where = std::source_location::current()) {
  return detail::run_scope(std::move(body), where);
}

namespace detail {

template <class T>
struct timed_outcome {
  std::optional<std::conditional_t<std::is_void_v<T>, bool, T>> value;
};

template <class T>
class timed_child final : public group_child {
 public:
  timed_child(group& owner, timed_outcome<T>& into) noexcept : group_child(owner), into_(&into) {}
  void completed(promise_base* root) noexcept override {
    if (root == nullptr || root->failure) return group_child::completed(root);
    if constexpr (std::is_void_v<T>)
      into_->value = true;
    else
      into_->value.emplace(static_cast<task_promise<T>&>(*root).take());
  }

 private:
  timed_outcome<T>* into_;
};

}  // namespace detail

// co_await timeout(d, task): what the task returns or throws; errc::timed_out when it takes longer than
// d, after it was unwound.
template <class T>
task<T> timeout(std::chrono::nanoseconds limit, task<T> work,
                std::source_location where = std::source_location::current()) {
  const auto deadline = detail::in_future(detail::current_scheduler(), limit);
  detail::timed_outcome<T> outcome;
  detail::group children(detail::current_leash(), deadline);
  detail::start_task(new detail::timed_child<T>(children, outcome), &children.context(), where,
                     std::move(work));
  co_await children.join();
  if (!outcome.value) {
    try {
      children.rethrow();
    } catch (const error& ended) {
      if (ended.code() == errc::deadline_exceeded) throw error(errc::timed_out);
      throw;
    }
  }
  if constexpr (!std::is_void_v<T>) co_return std::move(*outcome.value);
}

}  // namespace leash
