#include <leash/time.hpp>

namespace leash::detail {
namespace {

using tick = std::chrono::steady_clock::time_point;

// The timer of after(): sends on a channel that is still the one it was armed for.
void send_tick(void* target, std::uint64_t generation, std::uint32_t) noexcept {
  auto& channel = *static_cast<object*>(target);
  goroutine* woken = nullptr;
  tick time = now(current_scheduler());  // timers fire on workers
  channel.lock.lock();
  if (channel.alive && channel.generation.load(std::memory_order_relaxed) == generation) {
    channel.outside.store(0, std::memory_order_release);
    static_cast<void>(channel_core<tick>::send(channel, time, woken));
  }
  channel.lock.unlock();
  if (woken != nullptr) make_ready(*woken);
}

}  // namespace

[[gnu::noinline]] void sleep_operation::await_suspend(std::coroutine_handle<>) noexcept {
  goroutine& self = *self_;
  if (doomed(self)) {
    unwind_self(self);
    return;
  }
  if (duration_ <= duration_.zero()) {
    yield_current(self);
    return;
  }
  // Read before the park: afterwards nothing holds the frame.
  scheduler& home = *self.home.load(std::memory_order_relaxed);
  const clock_time when = when_ = in_future(home, duration_);
  self.wait = this;
  const std::uint64_t word = park(self, wait_reason::sleep, nullptr, 0, true);
  if (word == 0)
    make_ready(self);
  else
    arm_wait_timer(home, self, when, word, 0);
}

}  // namespace leash::detail

namespace leash {

receive_channel<std::chrono::steady_clock::time_point> after(std::chrono::nanoseconds duration) {
  const channel<std::chrono::steady_clock::time_point> ticks(1);
  detail::object& target = *detail::channel_access::target(ticks);
  detail::scheduler& home = detail::current_scheduler();
  target.outside.store(detail::set_of(detail::capability::send), std::memory_order_release);
  detail::arm_object_timer(home, detail::in_future(home, duration), detail::send_tick, target,
                           target.generation.load(std::memory_order_relaxed));
  return ticks.receiver();
}

std::chrono::steady_clock::time_point now() noexcept {
  const detail::goroutine* self = detail::current_goroutine();
  if (self == nullptr) return std::chrono::steady_clock::now();
  detail::touch(detail::common_thing::clock, detail::access::read);
  return detail::now(*self->home.load(std::memory_order_relaxed));
}

}  // namespace leash
