#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

#include <leash/context.hpp>

// What ends a connection's leash while its goroutine is busy or waits. Sockets and timers of Asio are for one
// thread at a time: the goroutine arms these, the handlers run elsewhere and touch neither the socket nor, but
// for its own, a timer.

namespace leash::http {

// Ends the leash of a connection when its client goes away while the handler runs: goroutine, handler
// and all are unwound. A client that only closes its sending side counts as gone, as it does in Go.
class hang_up_watch {
 public:
  hang_up_watch(boost::asio::ip::tcp::socket& socket, std::shared_ptr<cancelable_context> leash);
  hang_up_watch(hang_up_watch&&) = delete;
  ~hang_up_watch();

 private:
  boost::asio::ip::tcp::socket& socket_;
};

// Ends the leash of a connection when what it waits for has not come in time. Setting a deadline is one store;
// a timer looks at it now and then.
class deadline_watch {
 public:
  deadline_watch(boost::asio::ip::tcp::socket& socket, std::chrono::nanoseconds look_every,
                 std::shared_ptr<cancelable_context> leash);
  deadline_watch(deadline_watch&&) = delete;
  ~deadline_watch();

  // From now on; zero: none.
  void set(std::chrono::nanoseconds limit) noexcept;
  void clear() noexcept { set(std::chrono::nanoseconds::zero()); }

 private:
  struct state;
  static void look(const std::shared_ptr<state>& watched);
  std::shared_ptr<state> state_;
};

}  // namespace leash::http
