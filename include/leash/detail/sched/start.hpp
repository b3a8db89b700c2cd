#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <source_location>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>

#include <leash/detail/base/exposure.hpp>
#include <leash/detail/sched/promise.hpp>
#include <leash/task.hpp>

// How a goroutine starts and ends.

namespace leash::detail {

// What a goroutine keeps besides its frames: its callable and arguments. Lives in a block of its own.
class closure_base {
 public:
  virtual ~closure_base() = default;
  // The root frame has returned or thrown (`root`), or was unwound (null). Called before the root frame
  // is destroyed.
  virtual void completed(promise_base* root) noexcept;
  // Who joins the goroutine; null: nobody. Hidden by closures that know it.
  static goroutine* joiner() noexcept { return nullptr; }
  // Whether that one waits under a shield. Hidden as well.
  static bool sheltered() noexcept { return false; }
  // Destroys the callable and its arguments; after the frames.
  virtual void drop() noexcept {}
  // All of it is gone and the goroutine is not counted any more: tell who joins.
  virtual void ended() noexcept {}

  static void* operator new(std::size_t bytes) {
    return allocate_block(bytes, block_kind::closure, nullptr);
  }
  static void operator delete(void* block) noexcept { free_block(block); }
};

// The closure of a goroutine that nobody joins.
class detached_closure : public closure_base {};

// Gives an exception that nobody catches to the handler, see uncaught.hpp.
void report_uncaught(const goroutine& thrower, const std::exception_ptr& what) noexcept;
// The same for a goroutine that is gone.
void report_unheard(const std::exception_ptr& what, std::uint64_t id, std::uint64_t creator,
                    const std::source_location& created_at) noexcept;

// A record for a new goroutine of this thread's runtime. Throws errc::no_runtime outside one.
goroutine& new_goroutine(std::source_location created_at);
// Lets it run: `root` is its first frame. `leash` may be null.
void launch(goroutine& fresh, promise_base& root, object* leash) noexcept;
// Gives back a record that was never launched.
void discard(goroutine& fresh) noexcept;

// Records for `borrower` every frame and traced block that one of these words points into.
void scan_for_borrows(goroutine& borrower, std::span<const std::byte> words);

// Callables whose parameters are all values, so that the arguments live in the frame itself.
template <class F>
inline constexpr bool takes_values = [] {
  if constexpr (requires { &F::operator(); })
    return takes_values<decltype(&F::operator())>;
  else
    return false;
}();
template <class R, class... P>
inline constexpr bool takes_values<R (*)(P...)> = (!std::is_reference_v<P> && ...);
template <class R, class... P>
inline constexpr bool takes_values<R (*)(P...) noexcept> = (!std::is_reference_v<P> && ...);
template <class R, class C, class... P>
inline constexpr bool takes_values<R (C::*)(P...) const> = (!std::is_reference_v<P> && ...);
template <class R, class C, class... P>
inline constexpr bool takes_values<R (C::*)(P...) const noexcept> =
    (!std::is_reference_v<P> && ...);

// A callable of which nothing has to be kept: a function, or a lambda without captures.
template <class F>
inline constexpr bool needs_no_closure =
    takes_values<F> &&
    (std::is_pointer_v<F> || (std::is_empty_v<F> && std::is_default_constructible_v<F>));

template <class F, class... A>
concept starts_goroutine = std::invocable<std::decay_t<F>&, std::decay_t<A>...> &&
                           is_task<std::invoke_result_t<std::decay_t<F>&, std::decay_t<A>...>>;

// The callable and its arguments, which are moved into the call. Base: who hears of the end.
template <class Base, class F, class... A>
class closure final : public Base {
 public:
  template <class Callable, class... Args>
  explicit closure(Base&& base, Callable&& callable, Args&&... args)
      : Base(std::move(base)),
        kept_(std::in_place, std::forward<Callable>(callable), std::forward<Args>(args)...) {}

  auto call() {
    return std::apply(
        [](F& callable, A&... args) { return std::invoke(callable, std::move(args)...); }, *kept_);
  }
  std::span<const std::byte> words() const noexcept { return std::as_bytes(std::span(&kept_, 1)); }

  void drop() noexcept override { kept_.reset(); }

 private:
  std::optional<std::tuple<F, A...>> kept_;
};

class record_guard {
 public:
  explicit record_guard(goroutine& fresh) noexcept : fresh_(&fresh) {}
  record_guard(record_guard&&) = delete;
  ~record_guard() {
    if (fresh_ != nullptr) discard(*fresh_);
  }
  void release() noexcept { fresh_ = nullptr; }

 private:
  goroutine* fresh_;
};

template <class Task>
promise_base& root_of(Task&& started) noexcept {
  return task_access<typename std::decay_t<Task>::value_type>::release(started);
}

// Starts f(args...) as a goroutine that ends with `base` being told.
template <class Base, class F, class... A>
goroutine& start_with(Base base, object* leash, std::source_location where, F&& f, A&&... args) {
  using kept = closure<Base, std::decay_t<F>, std::decay_t<A>...>;
  goroutine& fresh = new_goroutine(where);
  record_guard guard(fresh);
  auto* made = new kept(std::move(base), std::forward<F>(f), std::forward<A>(args)...);
  fresh.closure = made;
  fresh.joiner.store(made->joiner(), std::memory_order_relaxed);
  fresh.sheltered.store(made->sheltered(), std::memory_order_relaxed);
  scan_for_borrows(fresh, made->words());
  promise_base& root = root_of(made->call());
  // Until here it was nobody's: a callable that is no coroutine itself runs in the call, in this goroutine, and
  // uses what it has captured.
  find_block(made)->owner.store(&fresh, std::memory_order_release);
  guard.release();
  launch(fresh, root, leash);
  return fresh;
}

// Runs a task as a goroutine; `made` is told of its end.
template <class Closure, class T>
void start_task(Closure* made, object* leash, std::source_location where, task<T>&& started) {
  goroutine* fresh = nullptr;
  try {
    fresh = &new_goroutine(where);
  } catch (...) {
    delete made;
    throw;
  }
  fresh->closure = made;
  fresh->joiner.store(made->joiner(), std::memory_order_relaxed);
  fresh->sheltered.store(made->sheltered(), std::memory_order_relaxed);
  find_block(made)->owner.store(fresh, std::memory_order_release);
  launch(*fresh, task_access<T>::release(started), leash);
}

// Starts f(args...) as a goroutine that nobody joins.
template <class F, class... A>
void start_detached(object* leash, std::source_location where, F&& f, A&&... args) {
  if constexpr (needs_no_closure<std::decay_t<F>>) {
    goroutine& fresh = new_goroutine(where);
    record_guard guard(fresh);
    const auto scan = [&](const auto& argument) {
      if constexpr (may_hold_pointers<std::decay_t<decltype(argument)>>)
        scan_for_borrows(fresh, std::as_bytes(std::span(&argument, 1)));
    };
    (scan(args), ...);
    static constexpr auto callable = [](auto&& given) -> decltype(auto) {
      if constexpr (std::is_pointer_v<std::decay_t<F>>) {
        return std::decay_t<F>(given);
      } else {
        // A frame may keep the address of the lambda that it came from; this one stays.
        static std::decay_t<F> kept;
        return (kept);
      }
    };
    promise_base& root =
        root_of(std::invoke(callable(f), std::decay_t<A>(std::forward<A>(args))...));
    guard.release();
    launch(fresh, root, leash);
  } else {
    start_with(detached_closure{}, leash, where, std::forward<F>(f), std::forward<A>(args)...);
  }
}

}  // namespace leash::detail
