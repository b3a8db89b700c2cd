#include "asio_poller.hpp"

#include <boost/asio/post.hpp>

#include <chrono>
#include <memory>
#include <thread>

#include <leash/asio.hpp>
#include <leash/runtime.hpp>

namespace leash {
namespace detail {

asio_poller& asio_poller::of(scheduler& home) {
  const auto make = [](scheduler&) -> std::unique_ptr<poller> {
    return std::make_unique<asio_poller>();
  };
  return static_cast<asio_poller&>(poller_of(home, make));
}

asio_poller::~asio_poller() {
  while (guests_.load(std::memory_order_acquire) != 0) std::this_thread::yield();
}

void asio_poller::wait(clock_time deadline) {
  if (deadline == clock_time::max())
    context_.run_one();
  else
    context_.run_one_until(deadline);
  poll();
}

// Not all that is ready: what the handlers made ready is to have its turn too, and soon when they are slow.
void asio_poller::poll() {
  using clock = std::chrono::steady_clock;
  constexpr int most_handlers = 32;
  constexpr auto most_time = std::chrono::microseconds(100);
  const clock::time_point until = clock::now() + most_time;
  for (int ran = 0; ran < most_handlers && context_.poll_one() != 0; ++ran)
    if (clock::now() >= until) return;
}

void asio_poller::wake() noexcept {
  if (woken_.exchange(true, std::memory_order_acq_rel)) return;
  // The exchange reads what a later wake() has written, and with it the work that it tells of.
  boost::asio::post(context_, [this] { woken_.exchange(false, std::memory_order_acq_rel); });
}

}  // namespace detail

boost::asio::io_context& io_context() {
  return detail::asio_poller::of(detail::current_scheduler()).context();
}

boost::asio::io_context& runtime::io() { return detail::asio_poller::of(home()).context(); }

}  // namespace leash
