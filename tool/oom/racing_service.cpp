#include "oom/racing_service.hpp"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <string>
#include <system_error>
#include <utility>

#include <leash/leash.hpp>

#include "shown/say.hpp"

namespace leash::tool {
namespace {

using namespace std::chrono_literals;
using answers = channel<std::string>;

task<std::string> request(std::string engine, std::chrono::milliseconds latency) {
  co_await sleep(latency);
  co_return engine;
}

task<> ask(answers out, std::string engine, std::chrono::milliseconds latency) {
  co_await out.send(co_await request(std::move(engine), latency));
}

// The article's racer; with two slots it is the cured one.
task<> racer(std::size_t slots) {
  const answers ch(slots);
  go(ask, ch, "google", quick_engine);
  go(ask, ch, "bing", slow_engine);
  co_await ch.receive();
}

void tell(service_state& state, std::uint64_t races) {
  state.races.store(races, std::memory_order_relaxed);
  state.goroutines.store(num_goroutines(), std::memory_order_relaxed);
  state.live_bytes.store(memory().live_bytes, std::memory_order_relaxed);
}

task<> serve(service_plan plan, service_state& state) {
  state.goroutines_before.store(num_goroutines(), std::memory_order_relaxed);
  auto last = now();
  state.began.store(last.time_since_epoch().count(), std::memory_order_release);
  double due = 0;
  std::uint64_t races = 0;
  while (races < plan.races) {
    const auto tick = now();
    // A tick that comes late makes up for a little of it: the races would only get into each other's way.
    const auto passed = std::min<std::chrono::nanoseconds>(tick - last, 10ms);
    last = tick;
    due += std::chrono::duration<double>(passed).count() * static_cast<double>(plan.races_a_second);
    for (; due >= 1 && races < plan.races; due -= 1, ++races) go(racer, plan.slots);
    tell(state, races);
    co_await sleep(1ms);
  }
  const auto patience = now() + 10s;
  while (num_goroutines() > state.goroutines_before.load(std::memory_order_relaxed) &&
         now() < patience)
    co_await sleep(1ms);
  tell(state, races);
}

[[noreturn]] void serve_in_child(const service_plan& plan, const memory_limit& within,
                                 service_state& state) {
  // Should the machine itself run out of memory, it is this process that goes.
  if (std::FILE* score = std::fopen("/proc/self/oom_score_adj", "we"); score != nullptr) {
    std::fputs("1000", score);
    std::fclose(score);
  }
  int code = 0;
  try {
    using enum service_state::stage;
    state.reached.store(within.enter() ? inside : outside, std::memory_order_release);
    run([&] { return serve(plan, state); }, {.leaks = leak_policy::off, .watchdog = {}});
  } catch (const std::exception& failure) {
    say("leash: the demo's service failed: {}\n", failure.what());
    code = 1;
  }
  _exit(code);
}

}  // namespace

racing_service::racing_service(const service_plan& plan, const memory_limit& within) {
  void* shared = mmap(nullptr, sizeof(service_state), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
  state_ = new (shared) service_state;
  std::fflush(nullptr);
  const pid_t parent = getpid();
  process_ = fork();
  if (process_ < 0) {
    const int why = errno;
    munmap(shared, sizeof(service_state));
    throw std::system_error(why, std::generic_category(), "fork");
  }
  if (process_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    serve_in_child(plan, within, *state_);
  }
}

racing_service::~racing_service() {
  if (!ended_) {
    kill();
    waitpid(process_, nullptr, 0);
  }
  munmap(state_, sizeof *state_);
}

void racing_service::kill() const noexcept { ::kill(process_, SIGKILL); }

bool racing_service::has_ended(int& status) {
  ended_ = ended_ || waitpid(process_, &status, WNOHANG) == process_;
  return ended_;
}

}  // namespace leash::tool
