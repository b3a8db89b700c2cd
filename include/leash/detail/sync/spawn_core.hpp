#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <new>
#include <source_location>
#include <type_traits>
#include <utility>

#include <leash/detail/sched/start.hpp>
#include <leash/detail/sync/object_wait.hpp>
#include <leash/error.hpp>

// How a goroutine's outcome gets to who joins it: both name a completion, an object that outlives the
// goroutine for as long as somebody may still ask.
//
// Invariants
// - `how` turns from `not_yet` to something else once, under the lock, when the goroutine's frames and
//   closure are destroyed and it is not counted any more. Value and failure were written before.
// - The closure alone has the capability that ends a join; it is claimed and used before the closure goes.
// - A value is taken by one join: who set `taken`, under the lock.
// - A failure that nobody has heard of ends the program, when nobody can hear of it any more: that is at
//   the latest when the completion is destroyed. Who is unwound, or is leaving because of an exception,
//   and drops the goroutine on the way, has heard enough.

namespace leash::detail {

enum class goroutine_end : std::uint8_t { not_yet, returned, failed, unwound };

struct completion_body {
  wait_queue joiners;
  goroutine_end how = goroutine_end::not_yet;
  bool taken = false;
  bool heard = false;
  errc reason = errc::canceled;  // of an unwound one
  std::exception_ptr failure;    // of a failed one; of an unwound one, what its context was given
  void* value = nullptr;         // where the value is, or will be
  void (*destroy_value)(void*) noexcept = nullptr;
  std::uint64_t id = 0;
  std::uint64_t creator = 0;
  std::source_location created_at;
  alignas(8) std::byte small[56];
};

// Values without handles and pointers of their own stay in the object; others lie in a block that a
// proof can see.
template <class T>
inline constexpr bool fits_in_completion =
    std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(completion_body::small) &&
    alignof(T) <= 8;

handle make_completion(std::size_t block_bytes, void (*destroy_value)(void*) noexcept);
// Nobody holds `named` any more to hear of a failure.
void let_go(const handle& named) noexcept;
bool has_ended(const handle& named) noexcept;

template <class T>
handle make_completion_of() {
  if constexpr (std::is_void_v<T>) {
    return make_completion(0, nullptr);
  } else {
    static_assert(alignof(T) <= 16);
    constexpr auto destroy = [](void* value) noexcept { static_cast<T*>(value)->~T(); };
    return make_completion(fits_in_completion<T> ? 0 : sizeof(T), destroy);
  }
}

// The goroutine's end of a completion: a part of its closure.
class completion_source {
 public:
  explicit completion_source(handle named) noexcept : completion_(std::move(named)) {}

  completion_body& body() const noexcept { return completion_.target()->as<completion_body>(); }
  // What closure_base::completed() is told; `T` is what the goroutine's task gives.
  template <class T>
  void completed(promise_base* root) noexcept {
    if (root == nullptr) return unwound();
    if (root->failure) return failed(std::exchange(root->failure, nullptr), *root->owner);
    if constexpr (!std::is_void_v<T>) {
      try {
        T* value = new (body().value) T(static_cast<task_promise<T>&>(*root).take());
        expose_targets_of(*value);
      } catch (...) {
        return failed(std::current_exception(), *root->owner);
      }
    }
    how_ = goroutine_end::returned;
  }
  void failed(std::exception_ptr what, const goroutine& thrower) noexcept;
  // Somebody else hears of a failure anyway. Said before the goroutine runs.
  void heard_anyway() noexcept { body().heard = true; }
  // What it threw, when it has completed; null: nothing.
  std::exception_ptr failure() const noexcept {
    return how_ == goroutine_end::failed ? body().failure : nullptr;
  }
  // What closure_base::ended() is told.
  void ended() noexcept;

 private:
  void unwound() noexcept;

  handle completion_;
  goroutine_end how_ = goroutine_end::not_yet;
};

// The closure of a goroutine that can be joined.
template <class T>
class spawned : public closure_base {
 public:
  explicit spawned(handle completion) noexcept : source_(std::move(completion)) {}
  void completed(promise_base* root) noexcept override { source_.completed<T>(root); }
  void ended() noexcept override { source_.ended(); }

 private:
  completion_source source_;
};

// What does not depend on the type of the value.
class join_wait : public object_wait {
 public:
  bool await_ready() noexcept {
    return enter() && leave(body().how != goroutine_end::not_yet, nullptr);
  }
  void await_suspend(std::coroutine_handle<>) noexcept {
    suspend(&body().joiners, wait_reason::goroutine_join, set_of(capability::join));
  }

 protected:
  // Throws errc::nil_handle. `owns`: nobody else may hear of the goroutine.
  join_wait(handle named, bool owns);
  ~join_wait() {
    if (owns_) let_go(completion_);
  }

  completion_body& body() const noexcept { return completion_.target()->as<completion_body>(); }
  // Returns when the goroutine has returned; throws what there is to throw otherwise.
  void settle();
  // Returns the value, which is ours now.
  void* take_value();

 private:
  handle completion_;
  bool owns_;
};

template <class T>
class [[nodiscard("a join happens when it is awaited")]] join_operation final : public join_wait {
 public:
  join_operation(handle named, bool owns) : join_wait(std::move(named), owns) {}

  T await_resume() {
    resumed();
    settle();
    if constexpr (!std::is_void_v<T>) {
      struct owned {
        T* value;
        ~owned() { value->~T(); }
      } const taken{static_cast<T*>(take_value())};
      return std::move(*taken.value);
    }
  }
};

}  // namespace leash::detail
