#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <cstddef>

#include <leash/detail/sched/scheduler.hpp>

namespace leash::detail {

// Waits for events in an io_context, whose handlers run in wait() and poll(), on one worker at a time.
class asio_poller final : public poller {
 public:
  // Of a runtime; installs it when it has none.
  static asio_poller& of(scheduler& home);

  asio_poller() = default;
  asio_poller(asio_poller&&) = delete;
  ~asio_poller() override;
  void wait(clock_time deadline) override;
  void poll() override;
  void wake() noexcept override;

  boost::asio::io_context& context() noexcept { return context_; }
  std::atomic<std::size_t>& guests() noexcept { return guests_; }

 private:
  std::atomic<std::size_t> guests_{0};  // see guest_executor.hpp
  boost::asio::io_context context_;
  // Without work an io_context stops, and runs nothing until it is restarted.
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      context_.get_executor()};
  std::atomic<bool> woken_{false};  // a handler that ends the wait is queued
};

}  // namespace leash::detail
