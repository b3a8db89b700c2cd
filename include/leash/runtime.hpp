#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>

#include <leash/detail/sched/start.hpp>
#include <leash/task.hpp>

namespace leash {

// What run() does about goroutines that are left when main returns.
enum class leak_policy : std::uint8_t {
  off,     // unwinds them and says nothing
  report,  // prints where each of them stands and was started, then unwinds them
};

struct runtime_options {
  // Worker threads, the calling one included. 0: LEASH_MAXPROCS, else the processors of this process.
  std::uint32_t processors = 0;
  // Empty: LEASH_LEAKS (off or report), else report.
  std::optional<leak_policy> leaks = std::nullopt;
  // Time stands still while a goroutine can run, and jumps to the next timer when none can.
  bool virtual_time = false;
};

// Memory that goroutines hold; exact when nothing runs.
struct memory_usage {
  std::size_t live_frames = 0;  // coroutine frames
  std::size_t live_blocks = 0;  // frames, closures and channel buffers
  std::size_t live_bytes = 0;
};
memory_usage memory() noexcept;

// Runs main() -> task<T> as the first goroutine, on this thread and the workers', until it returns, and
// returns what it returned or rethrows what it threw. Goroutines that are left then are reported and
// unwound: all are claimed before the first is destroyed, their destructors run, and run() returns when
// the last of them is gone. A goroutine that never suspends cannot be unwound.
// Throws errc::bad_option for an option or environment variable that cannot be used.
template <class F>
auto run(F main, runtime_options options = {},
         std::source_location where = std::source_location::current());

// Implementation

namespace detail {

class runner {
 public:
  explicit runner(const runtime_options& options);
  runner(runner&&) = delete;
  ~runner();

  // Runs `start(this runner's end)` on worker 0, then the workers until the main goroutine has ended.
  void run(void (*start)(void*), void* argument);
  void main_ended() noexcept;

 private:
  struct state;
  state* state_;
};

template <class T>
class main_closure : public closure_base {
 public:
  struct outcome {
    std::optional<std::conditional_t<std::is_void_v<T>, bool, T>> value;
    std::exception_ptr failure;
  };
  main_closure(runner& owner, outcome& into) noexcept : owner_(&owner), into_(&into) {}

  void completed(promise_base* root) noexcept override {
    if (root == nullptr) return;
    into_->failure = std::exchange(root->failure, nullptr);
    if (into_->failure) return;
    auto& promise = static_cast<task_promise<T>&>(*root);
    if constexpr (std::is_void_v<T>) {
      into_->value = true;
    } else {
      try {
        into_->value.emplace(promise.take());
      } catch (...) {
        into_->failure = std::current_exception();
      }
    }
  }
  void ended() noexcept override { owner_->main_ended(); }

 private:
  runner* owner_;
  outcome* into_;
};

}  // namespace detail

template <class F>
auto run(F main, runtime_options options, std::source_location where) {
  using result = typename std::invoke_result_t<F&>::value_type;
  using closure = detail::main_closure<result>;
  detail::runner runner(options);
  typename closure::outcome outcome;
  auto start = [&] {
    detail::start_with(closure(runner, outcome), nullptr, where, std::move(main));
  };
  runner.run([](void* call) { (*static_cast<decltype(start)*>(call))(); }, &start);
  if (outcome.failure) std::rethrow_exception(outcome.failure);
  if constexpr (!std::is_void_v<result>) return std::move(*outcome.value);
}

}  // namespace leash
