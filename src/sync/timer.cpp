#include <leash/timer.hpp>

#include <leash/error.hpp>
#include <leash/ticker.hpp>

namespace leash::detail {
namespace {

constexpr object_class timer_kind{"timer", &channel_core<tick>::destroy};

timer_body& body_of(object& timer) noexcept { return timer.as<timer_body>(); }

// Requires the lock.
bool take_back(timer_body& body) noexcept {
  const bool pending = body.when != clock_time::max() || body.size != 0;
  body.when = clock_time::max();
  body.size = 0;
  return pending;
}

void fire(void* target, std::uint64_t generation, std::uint32_t round) noexcept {
  auto& timer = *static_cast<object*>(target);
  scheduler& home = current_scheduler();  // timers fire on workers
  tick time = now(home);
  goroutine* woken = nullptr;
  clock_time again = clock_time::max();
  timer.lock.lock();
  auto& body = body_of(timer);
  if (timer.alive && timer.generation.load(std::memory_order_relaxed) == generation &&
      body.round == round) {
    if (body.when <= time) {
      const auto period = body.period;
      if (period == period.zero()) {
        body.when = clock_time::max();
        timer.outside.store(0, std::memory_order_release);
      } else {
        body.when += period * (1 + (time - body.when) / period);
      }
      static_cast<void>(channel_core<tick>::send(timer, time, woken));  // full: dropped
    }
    body.pending = again = body.when;
  }
  timer.lock.unlock();
  if (woken != nullptr) make_ready(*woken, false);
  if (again != clock_time::max()) arm_object_timer(home, again, fire, timer, generation, round);
}

bool arm(object& timer, std::chrono::nanoseconds first, std::chrono::nanoseconds period) {
  scheduler& home = current_scheduler();
  const clock_time when = in_future(home, first);
  const std::uint64_t generation = timer.generation.load(std::memory_order_relaxed);
  timer.lock.lock();
  auto& body = body_of(timer);
  const bool was_pending = take_back(body);
  body.when = when;
  body.period = period;
  timer.outside.store(set_of(capability::send), std::memory_order_release);
  const bool fresh = when < body.pending || body.home != number_of(home);
  if (fresh) {
    ++body.round;
    body.pending = when;
    body.home = number_of(home);
  }
  const std::uint32_t round = body.round;
  timer.lock.unlock();
  if (fresh) arm_object_timer(home, when, fire, timer, generation, round);
  return was_pending;
}

void require_period(std::chrono::nanoseconds period) {
  if (period <= period.zero())
    throw error(errc::bad_option, "the period of a ticker has to be positive");
}

object& use_timer(const handle& named) {
  if (!named) throw error(errc::nil_handle);
  return *named.use();
}

receive_channel<tick> channel_of(const handle& named) noexcept {
  if (!named) return {};
  return channel_access::narrow<receive_channel<tick>>(named, capability::receive);
}

}  // namespace

handle make_timer(std::chrono::nanoseconds first, std::chrono::nanoseconds period) {
  static_cast<void>(current_scheduler());
  handle made = channel_core<tick>::make_as<timer_body>(1, timer_kind);
  arm(*made.target(), first, period);
  return made;
}

bool stop_timer(object& timer) noexcept {
  timer.lock.lock();
  const bool was_pending = take_back(body_of(timer));
  timer.outside.store(0, std::memory_order_release);
  timer.lock.unlock();
  operation_over("stop", &timer);
  return was_pending;
}

bool reset_timer(object& timer, std::chrono::nanoseconds first, std::chrono::nanoseconds period) {
  // A prover that saw nobody who could send must see that this has changed.
  const handle grant(&timer, set_of(capability::send));
  const bool was_pending = arm(timer, first, period);
  operation_over("reset", &timer);
  return was_pending;
}

}  // namespace leash::detail

namespace leash {

receive_channel<timer::time_point> timer::channel() const noexcept {
  return detail::channel_of(handle_);
}

bool timer::reset(std::chrono::nanoseconds duration) const {
  return detail::reset_timer(detail::use_timer(handle_), duration, duration.zero());
}

ticker::ticker(std::chrono::nanoseconds period)
    : handle_((detail::require_period(period), detail::make_timer(period, period))) {}

receive_channel<ticker::time_point> ticker::channel() const noexcept {
  return detail::channel_of(handle_);
}

void ticker::reset(std::chrono::nanoseconds period) const {
  detail::require_period(period);
  detail::reset_timer(detail::use_timer(handle_), period, period);
}

}  // namespace leash
