#include <sys/wait.h>

#include <algorithm>
#include <csignal>

#include "oom/oom.hpp"

namespace leash::tool {
namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr auto look_every = 5ms;
constexpr std::chrono::nanoseconds patience = 120s;
// So far past its limit, a control group does not hold its process.
constexpr std::size_t slack = std::size_t{64} << 20;

// While this lives, what would end the process waits to be asked for, so that nothing is left behind.
class signal_wait {
 public:
  signal_wait() {
    sigemptyset(&ends_);
    for (const int each : {SIGINT, SIGTERM, SIGHUP}) {
      struct sigaction action{};
      if (sigaction(each, nullptr, &action) == 0 && action.sa_handler != SIG_IGN)
        sigaddset(&ends_, each);
    }
    pthread_sigmask(SIG_BLOCK, &ends_, &before_);
  }
  signal_wait(signal_wait&&) = delete;
  ~signal_wait() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

  // Waits that long; throws interrupted.
  void wait(std::chrono::nanoseconds time) const {
    const timespec limit{.tv_sec = 0, .tv_nsec = time.count()};
    if (const int signal = sigtimedwait(&ends_, nullptr, &limit); signal > 0)
      throw interrupted(signal);
  }

 private:
  sigset_t ends_{};
  sigset_t before_{};
};

std::chrono::nanoseconds since(std::int64_t began) {
  if (began == 0) return 0ns;
  return std::max(steady::now().time_since_epoch() - std::chrono::nanoseconds(began), 0ns);
}

oom_sample look_at(const service_state& state, std::uint64_t resident) {
  constexpr auto recent = std::memory_order_relaxed;
  return {.at = since(state.began.load(recent)),
          .races = state.races.load(recent),
          .goroutines = state.goroutines.load(recent),
          .live_bytes = state.live_bytes.load(recent),
          .resident_bytes = resident};
}

service_end end_of(const oom_trial& trial, int status) {
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && trial.kernel_kills > 0)
    return service_end::killed_by_kernel;
  const bool well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  return well ? service_end::alive : service_end::failed;
}

memory_limit limit_of(const service_plan& plan, const oom_options& options) {
  if (!options.use_group) return {};
  return memory_limit::of(options.limit, plan.slots == 0 ? "leaky" : "cured");
}

}  // namespace

oom_trial try_service(const service_plan& plan, const oom_options& options,
                      const std::function<void(const oom_sample&)>& watch) {
  using enum service_state::stage;
  oom_trial trial;
  trial.plan = plan;
  const signal_wait signals;
  const memory_limit limit = limit_of(plan, options);
  racing_service service(plan, limit);
  const service_state& state = service.state();
  const auto sample_every = options.quick ? 20ms : 50ms;
  const auto started = steady::now();
  auto next = started;
  std::uint64_t resident = 0;
  bool too_much = false;
  bool too_long = false;
  int status = 0;
  while (!service.has_ended(status)) {
    signals.wait(look_every);
    if (const std::size_t held = resident_bytes(service.process()); held != 0) resident = held;
    if (state.began.load(std::memory_order_acquire) != 0 && steady::now() >= next) {
      next = std::max(next + sample_every, steady::now());
      trial.samples.push_back(look_at(state, resident));
      watch(trial.samples.back());
    }
    const bool held_by_group = state.reached.load(std::memory_order_acquire) != outside;
    too_much = too_much || resident > options.limit + (held_by_group ? slack : 0);
    too_long = too_long || steady::now() - started > patience;
    if (too_much || too_long) service.kill();
  }
  trial.goroutines_before = state.goroutines_before.load(std::memory_order_relaxed);
  trial.kernel_kills = limit.kills();
  if (state.reached.load(std::memory_order_acquire) == inside && !too_much)
    trial.group_version = limit.version();
  trial.samples.push_back(look_at(state, resident));
  trial.end = end_of(trial, status);
  if (trial.end == service_end::failed && too_long) trial.end = service_end::outlasted;
  if (trial.end == service_end::failed && too_much) trial.end = service_end::killed_by_watcher;
  return trial;
}

double oom_trial::races_a_second() const {
  const double seconds = std::chrono::duration<double>(lasted()).count();
  return seconds > 0 ? static_cast<double>(samples.back().races) / seconds : 0;
}

std::uint64_t oom_trial::most_resident() const {
  return std::ranges::max(samples, {}, &oom_sample::resident_bytes).resident_bytes;
}

bool oom_report::as_expected() const {
  return (leaky.end == service_end::killed_by_kernel ||
          leaky.end == service_end::killed_by_watcher) &&
         cured.end == service_end::alive &&
         cured.samples.back().goroutines == cured.goroutines_before;
}

double bytes_per_leaked(const oom_trial& leaky) {
  // Not from the start: what the process itself needs is in place by then. Not to the very end, which
  // was looked at in two moments.
  if (leaky.samples.size() < 3) return 0;
  const auto last = leaky.samples.end() - 2;
  const auto first = std::ranges::find_if(leaky.samples, [&](const oom_sample& each) {
    return each.goroutines * 5 >= last->goroutines;
  });
  if (last->goroutines <= first->goroutines || last->resident_bytes <= first->resident_bytes)
    return 0;
  return static_cast<double>(last->resident_bytes - first->resident_bytes) /
         static_cast<double>(last->goroutines - first->goroutines);
}

}  // namespace leash::tool
