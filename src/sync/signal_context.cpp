#include <leash/signal_context.hpp>

#include <pthread.h>
#include <semaphore.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/signal_action.hpp"
#include "base/world/gate.hpp"

// A signal's way: the handler counts it and posts a semaphore, the helper thread cancels the contexts that
// wait for it.
//
// Invariants
// - A signal's handler is ours while, and only while, a registration has it: both change under the lock.
// - A registration is taken out, for good, by who is about to end its context (which is armed, see
//   context_core.hpp), or by the helper before that: so whoever sees the context done finds the signal given back.
//   No context is ended under the lock.
// - A registration is ended by signals that came after it was made: it knows how many had come before. It counts
//   before it takes a signal, so that none is lost that comes meanwhile.
// - What the handler uses is never destroyed.

namespace leash::detail {
namespace {

constexpr int signal_count = NSIG;

// What a context holds that waits for signals.
struct registration {
  object* context = nullptr;
  bool closed = false;  // guarded by the lock: the context is about to be done
  std::vector<int> signals;
  std::vector<std::uint64_t> seen;  // of each of them, how many had come before
};

std::string name_of(int number) {
  const char* abbreviation = sigabbrev_np(number);
  return abbreviation != nullptr ? std::string("SIG") + abbreviation
                                 : "signal " + std::to_string(number);
}

class signal_desk {
 public:
  static signal_desk& instance() {
    static auto& only = *new signal_desk;
    return only;
  }

  // Throws errc::bad_option.
  void add(registration& entry) {
    const std::lock_guard guard(lock_);
    if (entry.closed) return;
    if (!helper_runs_) start_helper();
    entries_.reserve(entries_.size() + 1);
    entry.seen.reserve(entry.signals.size());
    for (const int number : entry.signals) {
      const std::uint64_t before = times(number);
      if (!catch_signal(number)) {
        entry.signals.resize(entry.seen.size());
        restore(entry);
        throw error(errc::bad_option, name_of(number) + " cannot be caught");
      }
      entry.seen.push_back(before);
    }
    entries_.push_back(&entry);
  }

  void remove(registration& entry) noexcept {
    const std::lock_guard guard(lock_);
    entry.closed = true;
    if (std::erase(entries_, &entry) != 0) restore(entry);
  }

 private:
  signal_desk() { sem_init(&posted_, 0, 0); }

  // All that happens in the handler: lock-free atomics and sem_post.
  static void on_signal(int number) noexcept {
    const int kept = errno;
    signal_desk& desk = *handling.load(std::memory_order_acquire);
    desk.came_[static_cast<std::size_t>(number)].fetch_add(1, std::memory_order_seq_cst);
    sem_post(&desk.posted_);
    errno = kept;
  }

  std::uint64_t times(int number) const noexcept {
    return came_[static_cast<std::size_t>(number)].load(std::memory_order_seq_cst);
  }

  void start_helper() {
    handling.store(this, std::memory_order_release);
    // Signals go to the program's own threads, which may wait for one to interrupt them.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    sigdelset(&all, stop_signal());
    pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
      std::thread([this] { help(); }).detach();
      helper_runs_ = true;
    } catch (...) {
      pthread_sigmask(SIG_SETMASK, &before, nullptr);
      throw;
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  [[noreturn]] void help() {
    for (;;) {
      while (sem_wait(&posted_) != 0) {
      }
      std::exception_ptr cause;
      while (object* context = take_one(cause)) {
        cancel_context(*context, errc::canceled, cause);
        unpin(*context);
      }
    }
  }

  // One that a signal has come for: pinned, and not registered any more. Null: there is none.
  object* take_one(std::exception_ptr& cause) {
    const std::lock_guard guard(lock_);
    for (registration* entry : entries_)
      for (std::size_t i = 0; i < entry->signals.size(); ++i) {
        if (times(entry->signals[i]) == entry->seen[i]) continue;
        cause = std::make_exception_ptr(signal_received(entry->signals[i]));
        object& context = *entry->context;  // registered, hence not done, hence armed and alive
        pin(context);
        std::erase(entries_, entry);
        restore(*entry);
        return &context;
      }
    return nullptr;
  }

  // Requires the lock, as restore() does.
  bool catch_signal(int number) noexcept {
    const auto at = static_cast<std::size_t>(number);
    if (users_[at] == 0) {
      struct sigaction ours{};
      ours.sa_handler = &on_signal;
      ours.sa_flags = SA_RESTART;
      sigemptyset(&ours.sa_mask);
      if (sigaction(number, &ours, &before_[at]) != 0) return false;
      clear_rest(before_[at]);
    }
    ++users_[at];
    return true;
  }

  void restore(const registration& entry) noexcept {
    for (const int number : entry.signals) {
      const auto at = static_cast<std::size_t>(number);
      if (--users_[at] == 0) sigaction(number, &before_[at], nullptr);
    }
  }

  static constinit std::atomic<signal_desk*> handling;
  static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

  std::mutex lock_;
  // Guarded by lock_, as are users_ and before_.
  std::vector<registration*> entries_;
  std::array<std::uint32_t, signal_count> users_{};
  std::array<struct sigaction, signal_count> before_{};
  bool helper_runs_ = false;
  std::array<std::atomic<std::uint64_t>, signal_count> came_{};
  sem_t posted_;
};

constinit std::atomic<signal_desk*> signal_desk::handling{nullptr};

registration& registration_of(object& context) noexcept {
  return *static_cast<registration*>(context.as<context_body>().held);
}

constexpr context_hooks signal_hooks{
    .ending =
        [](object& context) noexcept { signal_desk::instance().remove(registration_of(context)); },
    .destroy = [](void* held) noexcept { delete static_cast<registration*>(held); }};

}  // namespace
}  // namespace leash::detail

namespace leash {

signal_received::signal_received(int number)
    : error(errc::canceled, "context canceled by " + detail::name_of(number)), number_(number) {}

cancelable_context signal_context(std::initializer_list<int> signals, const context& parent) {
  auto entry = std::make_unique<detail::registration>();
  for (const int number : signals) {
    if (number <= 0 || number >= detail::signal_count)
      throw error(errc::bad_option, std::to_string(number) + " is no signal");
    if (std::find(entry->signals.begin(), entry->signals.end(), number) == entry->signals.end())
      entry->signals.push_back(number);
  }
  constexpr auto cancel = detail::set_of(detail::capability::cancel);
  detail::handle made = detail::make_context(
      detail::context_access::target(parent), detail::clock_time::max(), cancel,
      {.held = entry.get(), .hooks = &detail::signal_hooks, .armed = true});
  detail::registration& registered = *entry.release();  // the context's
  detail::object& context = *made.target();
  registered.context = &context;
  cancelable_context owner = detail::context_access::own(std::move(made));
  context.outside.store(cancel, std::memory_order_release);
  detail::signal_desk::instance().add(registered);
  return owner;
}

}  // namespace leash
