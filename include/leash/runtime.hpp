#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>

#include <leash/detail/sched/scheduler.hpp>
#include <leash/detail/sched/start.hpp>
#include <leash/error.hpp>
#include <leash/task.hpp>

namespace boost::asio {
class io_context;
}

namespace leash {

// What is done about goroutines that can never run again (see leaks.hpp), and those that are left when main returns;
// the latter are unwound in any case.
enum class leak_policy : std::uint8_t {
  off,     // nothing is said
  report,  // each is printed once, with where it stands and was started
  unwind,  // likewise; and by the patrol after the one that has found them they are unwound
  abort,   // likewise, and the program is ended
};

struct runtime_options {
  // Worker threads, the calling one included. 0: LEASH_MAXPROCS, else the processors of this process.
  std::uint32_t processors = 0;
  // Empty: LEASH_LEAKS (off, report, unwind or abort), else report.
  std::optional<leak_policy> leaks = std::nullopt;
  // How often all goroutines are looked at for leaks, on a thread of its own. Zero: never, but for what shows at once. Empty: LEASH_PATROL
  // (as 30s or 500ms), else every 30 s when leaks are to be unwound, and else never. Not on virtual time.
  std::optional<std::chrono::milliseconds> patrol = std::nullopt;
  // Time stands still while a goroutine can run, and jumps to the next timer when none can.
  bool virtual_time = false;
  // A goroutine that holds its worker for longer is reported to stderr, once a place: it computes without
  // giving way, or blocks its thread. Zero: never; nor on virtual time.
  std::chrono::milliseconds watchdog{100};
  // For a tool inside the program, such as its debug server: num_goroutines(), traces and profiles leave the
  // goroutines of this runtime out.
  bool hidden = false;
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
// the last of them is gone. A goroutine that never suspends cannot be unwound; one that is in shield(), or
// cleans up, is unwound when that is over.
// When main can never run again, nor any other of its goroutines: "all goroutines are asleep - deadlock!" and all traces
// are printed, and the program ends with status 2, as Go's does. A handle on a plain thread, in a global or on the heap could still
// wake them: then nothing is said.
// Throws errc::bad_option for an option or an environment variable that cannot be used. On a worker it
// takes that worker away from its own runtime meanwhile.
// LEASH_DEBUG_ADDR=127.0.0.1:6060 in the environment: while a runtime lives, a debug server answers there;
// see debug_server.hpp, in leash::http.
template <class F>
auto run(F main, runtime_options options = {},
         std::source_location where = std::source_location::current());

// A runtime inside a program that has threads of its own: workers that run beside them until it is
// destroyed.
//
//   leash::runtime rt({.processors = 2});
//   rt.go(serve, std::move(config));
//   int n = rt.run([]() -> leash::task<int> { co_return co_await count(); });
//
// go() and run() may be called from any thread but after the destructor has begun.
class runtime {
 public:
  // Starts the workers, as many as options.processors says; the calling thread is none of them.
  // Throws errc::bad_option as run does.
  explicit runtime(const runtime_options& options = {});
  runtime(runtime&&) = delete;
  // Goroutines that are left are reported and unwound as run() does it, then the workers are joined.
  // Not to be called on a worker.
  ~runtime();

  // Starts f(args…) as a goroutine of this runtime and returns at once, see leash::go.
  template <class F>
    requires detail::starts_goroutine<F>
  void go(F&& f, std::source_location where = std::source_location::current()) {
    start(where, std::forward<F>(f));
  }
  template <class F, class A>
    requires detail::starts_goroutine<F, A>
  void go(F&& f, A&& a, std::source_location where = std::source_location::current()) {
    start(where, std::forward<F>(f), std::forward<A>(a));
  }
  template <class F, class A, class B>
    requires detail::starts_goroutine<F, A, B>
  void go(F&& f, A&& a, B&& b, std::source_location where = std::source_location::current()) {
    start(where, std::forward<F>(f), std::forward<A>(a), std::forward<B>(b));
  }
  template <class F, class A, class B, class C>
    requires detail::starts_goroutine<F, A, B, C>
  void go(F&& f, A&& a, B&& b, C&& c,
          std::source_location where = std::source_location::current()) {
    start(where, std::forward<F>(f), std::forward<A>(a), std::forward<B>(b), std::forward<C>(c));
  }

  // Runs f() -> task<T> as a goroutine of this runtime, blocks this thread until it has ended, and
  // returns its value or rethrows. Others are left running. Throws errc::blocks_worker on a worker.
  template <class F>
  auto run(F f, std::source_location where = std::source_location::current());

  // Where this runtime's I/O happens, for operations that are awaited with use_goroutine. Needs
  // leash::net, see asio.hpp.
  boost::asio::io_context& io();

 private:
  template <class F, class... A>
  void start(std::source_location where, F&& f, A&&... args) {
    const detail::start_in here(home());
    detail::start_detached(nullptr, where, std::forward<F>(f), std::forward<A>(args)...);
  }
  detail::scheduler& home() const noexcept;

  struct state;
  state* state_;
};

// Implementation

namespace detail {

// Hears that a main goroutine has ended.
class end_of_main {
 public:
  virtual void main_ended() noexcept = 0;

 protected:
  ~end_of_main() = default;
};

class runner final : public end_of_main {
 public:
  explicit runner(const runtime_options& options);
  runner(runner&&) = delete;
  ~runner();

  // Runs `start(this runner's end)` on worker 0, then the workers until the main goroutine has ended.
  void run(void (*start)(void*), void* argument);
  // This is the main goroutine: when it can never run again, nor any other, that is a deadlock.
  void main_is(goroutine& started) noexcept;
  void main_ended() noexcept override;

 private:
  struct state;
  state* state_;
};

// Blocks a plain thread until a goroutine of a runtime has ended.
class thread_join final : public end_of_main {
 public:
  // Throws errc::blocks_worker.
  thread_join();
  void main_ended() noexcept override;
  void wait();

 private:
  std::mutex lock_;
  std::condition_variable changed_;
  bool over_ = false;
};

template <class T>
class main_closure : public closure_base {
 public:
  struct outcome {
    std::optional<std::conditional_t<std::is_void_v<T>, bool, T>> value;
    std::exception_ptr failure;

    T take() {
      if (failure) std::rethrow_exception(failure);
      if (!value) throw error(errc::canceled);
      if constexpr (!std::is_void_v<T>) return std::move(*value);
    }
  };
  main_closure(end_of_main& owner, outcome& into) noexcept : owner_(&owner), into_(&into) {}

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
  end_of_main* owner_;
  outcome* into_;
};

template <class F>
using main_result = typename std::invoke_result_t<F&>::value_type;

}  // namespace detail

template <class F>
auto run(F main, runtime_options options, std::source_location where) {
  using closure = detail::main_closure<detail::main_result<F>>;
  detail::runner runner(options);
  typename closure::outcome outcome;
  auto start = [&] {
    runner.main_is(detail::start_with(closure(runner, outcome), nullptr, where, std::move(main)));
  };
  runner.run([](void* call) { (*static_cast<decltype(start)*>(call))(); }, &start);
  return outcome.take();
}

template <class F>
auto runtime::run(F f, std::source_location where) {
  using closure = detail::main_closure<detail::main_result<F>>;
  detail::thread_join join;
  typename closure::outcome outcome;
  {
    const detail::start_in here(home());
    detail::start_with(closure(join, outcome), nullptr, where, std::move(f));
  }
  join.wait();
  return outcome.take();
}

}  // namespace leash
