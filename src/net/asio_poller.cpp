#include "asio_poller.hpp"

#include <boost/asio/post.hpp>

#include <leash/asio.hpp>
#include <leash/runtime.hpp>

namespace leash {
namespace detail {

void asio_poller::wait(clock_time deadline) {
  if (deadline == clock_time::max())
    context_.run_one();
  else
    context_.run_one_until(deadline);
  context_.poll();
}

void asio_poller::poll() { context_.poll(); }

void asio_poller::wake() noexcept {
  if (woken_.exchange(true, std::memory_order_acq_rel)) return;
  // The exchange reads what a later wake() has written, and with it the work that it tells of.
  boost::asio::post(context_, [this] { woken_.exchange(false, std::memory_order_acq_rel); });
}

}  // namespace detail

namespace {

boost::asio::io_context& io_context_of(detail::scheduler& home) {
  const auto make = [](detail::scheduler&) -> std::unique_ptr<detail::poller> {
    return std::make_unique<detail::asio_poller>();
  };
  auto& installed = detail::poller_of(home, make);
  return static_cast<detail::asio_poller&>(installed).context();
}

}  // namespace

boost::asio::io_context& io_context() { return io_context_of(detail::current_scheduler()); }

boost::asio::io_context& runtime::io() { return io_context_of(home()); }

}  // namespace leash
