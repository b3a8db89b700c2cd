#include "leak/signals/fatal_signals.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <new>
#include <string_view>

#include <leash/detail/base/sanitizer.hpp>

#include "base/signal_action.hpp"
#include "leak/trace/goroutine_reader.hpp"
#include "leak/trace/trace_text.hpp"

// The last words of a program.
//
// Invariants
// - In the handler nothing is allocated and nothing locked; what it needs lies ready, in memory that is touched then only.
// - It happens once: the first thread prints. Whoever crashes meanwhile waits for that, then lets its own signal pass;
//   only the printing thread itself does not wait, so that a fault in the handler ends the program.
// - A signal passes with what is known of it: core dump, exit status and a handler that the program had before see it
//   as if leash had not been there.

namespace leash::detail {
namespace {

struct caught_signal {
  int number;
  std::string_view name;
  std::string_view meaning;
  bool has_address;
  struct sigaction before{};
  bool caught = false;
};

constinit std::array<caught_signal, 5> signals{{
    {SIGSEGV, "SIGSEGV", "segmentation violation", true},
    {SIGBUS, "SIGBUS", "bus error", true},
    {SIGFPE, "SIGFPE", "arithmetic error", true},
    {SIGILL, "SIGILL", "illegal instruction", true},
    {SIGABRT, "SIGABRT", "aborted", false},
}};

constinit std::atomic<int> printing_thread{0};
constinit std::atomic<bool> printed{false};
static_assert(std::atomic<int>::is_always_lock_free);

alignas(trace_batch) constinit std::array<std::byte, sizeof(trace_batch)> room_for_traces{};

// Writes to standard error by itself.
class crash_output {
 public:
  crash_output() = default;
  crash_output(crash_output&&) = delete;
  ~crash_output() { flush(); }

  void text(std::string_view more) noexcept {
    while (!more.empty()) {
      if (used_ == buffer_.size()) flush();
      const std::size_t fits = std::min(more.size(), buffer_.size() - used_);
      std::memcpy(buffer_.data() + used_, more.data(), fits);
      used_ += fits;
      more.remove_prefix(fits);
    }
  }
  void frame(const std::source_location& place) noexcept { write_frame(*this, place); }

 private:
  void flush() noexcept {
    const char* next = buffer_.data();
    std::size_t left = std::exchange(used_, 0);
    while (left != 0) {
      const ssize_t written = write(STDERR_FILENO, next, left);
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return;
      next += written;
      left -= static_cast<std::size_t>(written);
    }
  }

  std::array<char, 4096> buffer_;
  std::size_t used_ = 0;
};

void write_address(crash_output& out, const void* address) noexcept {
  std::array<char, 2 * sizeof(std::uintptr_t)> digits;
  const auto [end, failed] = std::to_chars(digits.data(), digits.data() + digits.size(),
                                           reinterpret_cast<std::uintptr_t>(address), 16);
  out.text(" at address 0x");
  out.text({digits.data(), end});
}

void print_all(const caught_signal& what, const siginfo_t& info) noexcept {
  crash_output out;
  out.text("leash: ");
  out.text(what.name);
  out.text(", ");
  out.text(what.meaning);
  // Positive codes are the kernel's: it is a fault, and not sent by somebody.
  if (what.has_address && info.si_code > 0) write_address(out, info.si_addr);
  goroutine_reader reader(*new (room_for_traces.data()) trace_batch);
  const auto own = reader.own();
  if (!own.empty()) {
    out.text(", in goroutine ");
    write_number(out, own.front().id);
  }
  out.text(". All goroutines:\n\n");
  for (const goroutine_trace& each : own) write_trace(out, each);
  for (auto some = reader.next(); !some.empty(); some = reader.next())
    for (const goroutine_trace& each : some) write_trace(out, each);
}

// Another thread prints; not for ever.
void wait_until_printed() noexcept {
  constexpr timespec a_while{.tv_sec = 0, .tv_nsec = 1'000'000};
  constexpr int longest = 60'000;
  for (int i = 0; i < longest && !printed.load(std::memory_order_acquire); ++i)
    nanosleep(&a_while, nullptr);
}

void pass_on(const caught_signal& what, siginfo_t& info) noexcept {
  sigaction(what.number, &what.before, nullptr);
  const bool has_handler = what.before.sa_handler != SIG_DFL;
  // A fault happens again when the instruction is executed again, with all that an own handler may want to see.
  if (has_handler && info.si_code > 0) return;
  // Comes when this handler returns.
  const long process = getpid();
  const long thread = syscall(SYS_gettid);
  if (syscall(SYS_rt_tgsigqueueinfo, process, thread, what.number, &info) != 0)
    syscall(SYS_tgkill, process, thread, what.number);
}

void on_fatal_signal(int number, siginfo_t* info, void*) noexcept {
  const int kept = errno;
  const auto* what =
      std::ranges::find_if(signals, [&](const auto& each) { return each.number == number; });
  const int self = static_cast<int>(syscall(SYS_gettid));
  int before = 0;
  if (printing_thread.compare_exchange_strong(before, self, std::memory_order_acq_rel)) {
    print_all(*what, *info);
    printed.store(true, std::memory_order_release);
  } else if (before != self) {
    wait_until_printed();
  }
  pass_on(*what, *info);
  errno = kept;
}

bool is_ours(const struct sigaction& action) noexcept {
  return (action.sa_flags & SA_SIGINFO) != 0 && action.sa_sigaction == &on_fatal_signal;
}

}  // namespace

void catch_fatal_signals() noexcept {
#if !LEASH_SANITIZED
  for (caught_signal& each : signals) {
    if (sigaction(each.number, nullptr, &each.before) != 0) continue;
    clear_rest(each.before);
    if (each.before.sa_handler == SIG_IGN) continue;
    struct sigaction ours{};
    ours.sa_sigaction = &on_fatal_signal;
    ours.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&ours.sa_mask);
    each.caught = sigaction(each.number, &ours, nullptr) == 0;
  }
#endif
}

void release_fatal_signals() noexcept {
  for (caught_signal& each : signals) {
    struct sigaction present{};
    if (!std::exchange(each.caught, false)) continue;
    if (sigaction(each.number, nullptr, &present) == 0 && is_ours(present))
      sigaction(each.number, &each.before, nullptr);
  }
}

}  // namespace leash::detail
