#include "leak/signals/quit_signal.hpp"
#include "base/signal_action.hpp"
#include "base/world/gate.hpp"

#include <pthread.h>
#include <semaphore.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <string>
#include <thread>

#include <leash/trace.hpp>

// The handler only posts; a thread prints, which is started for the first runtime and stays. While there is no runtime the
// signal does what it did before: also where somebody has kept our handler and puts it back.

namespace leash::detail {
namespace {

std::atomic<bool> catching{false};
struct sigaction before{};
sem_t posted;
bool thread_runs = false;

void on_quit(int number) noexcept {
  const int kept = errno;
  if (catching.load(std::memory_order_acquire)) {
    sem_post(&posted);
  } else if (before.sa_handler == SIG_DFL) {
    std::signal(number, SIG_DFL);
    raise(number);
  }
  errno = kept;
}

// Idle, so that no proof has to wake it.
void wait_for_post() {
  const idle_here idle;
  while (sem_wait(&posted) != 0) {
  }
}

[[noreturn]] void print_when_posted() {
  know_this_thread();
  for (;;) {
    wait_for_post();
    std::string piece;
    goroutine_text text(trace_form::each);
    while (text.next(piece)) {
      std::fputs(piece.c_str(), stderr);
      piece.clear();
    }
    std::fflush(stderr);
  }
}

void start_thread() {
  sem_init(&posted, 0, 0);
  // Signals go to the program's own threads, which may wait for one to interrupt them.
  sigset_t all;
  sigset_t kept;
  sigfillset(&all);
  sigdelset(&all, stop_signal());
  pthread_sigmask(SIG_SETMASK, &all, &kept);
  try {
    std::thread(print_when_posted).detach();
    thread_runs = true;
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &kept, nullptr);
    throw;
  }
  pthread_sigmask(SIG_SETMASK, &kept, nullptr);
}

}  // namespace

void catch_quit_signal() {
  if (sigaction(SIGQUIT, nullptr, &before) != 0) return;
  clear_rest(before);
  // Shells have what they start in the background ignore it; that is not the program's own choice.
  if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) return;
  if (!thread_runs) start_thread();
  struct sigaction ours{};
  ours.sa_handler = &on_quit;
  ours.sa_flags = SA_RESTART | SA_ONSTACK;
  sigemptyset(&ours.sa_mask);
  catching.store(true, std::memory_order_release);
  sigaction(SIGQUIT, &ours, nullptr);
}

void release_quit_signal() noexcept {
  if (!catching.load(std::memory_order_relaxed)) return;
  struct sigaction present{};
  if (sigaction(SIGQUIT, nullptr, &present) == 0 && present.sa_handler == &on_quit)
    sigaction(SIGQUIT, &before, nullptr);
  catching.store(false, std::memory_order_release);
}

}  // namespace leash::detail
