#pragma once

#include <curl/curl.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>

#include "http/client/curl_multi.hpp"
#include "http/client/easy_handle_pool.hpp"
#include "http/client/losers.hpp"
#include "http/client/socket_set.hpp"

namespace leash::http {

// Runs a libcurl multi handle on an executor: what curl_multi hands its calls to.
//
// Every member but the constructor is called on the executor, which runs one handler at a time.
//
// Three rules that libcurl demands:
// - Its callbacks only note what is wanted. Nothing is called back into libcurl from inside one;
//   transfers are removed, and their owners told, after libcurl has returned (finish_done).
// - A socket is let go of before it is closed. CURL_POLL_REMOVE does not always come before that,
//   the close callback does; and that callback outlives the transfer which opened the socket.
// - Its timer may be run early but never late, and is asked for anew after every run.
class curl_driver final : public std::enable_shared_from_this<curl_driver>, public socket_listener {
 public:
  curl_driver(boost::asio::any_io_executor executor, const curl_multi::options& options);
  ~curl_driver();
  curl_driver(const curl_driver&) = delete;
  curl_driver& operator=(const curl_driver&) = delete;

  void start(std::shared_ptr<curl_transfer> transfer, curl_multi::completion completion);
  void abort(const std::shared_ptr<curl_transfer>& transfer);
  void resume(const std::shared_ptr<curl_transfer>& transfer);
  // Aborts what is running and closes all connections. Later starts are aborted at once.
  void close();

 private:
  using clock = std::chrono::steady_clock;

  struct running {
    std::shared_ptr<curl_transfer> transfer;
    curl_multi::completion completion;
  };

  void socket_ready(int socket, int events) override;
  void timer_fired(std::uint64_t arming);
  void arm_timer(clock::time_point when);
  void disarm_timer();
  // Runs libcurl if it wants to be run by now; tells whether it did.
  bool run_due();
  void run_soon();
  void finish_done();
  void end(std::unordered_map<CURL*, running>::iterator which, CURLcode code);
  void bound_connections();
  std::unordered_map<CURL*, running> stop();

  int socket_wanted(int socket, int interest);
  int timer_wanted(long milliseconds);
  int open_socket(const curl_sockaddr& address);
  int close_socket(int socket);

  static int on_socket(CURL*, curl_socket_t socket, int what, void* self, void*) noexcept;
  static int on_timer(CURLM*, long milliseconds, void* self) noexcept;
  static curl_socket_t on_open(void* transfer, curlsocktype, curl_sockaddr* address) noexcept;
  static int on_close(void* self, curl_socket_t socket) noexcept;

  const boost::asio::any_io_executor executor_;
  const long max_idle_connections_;
  CURLM* multi_ = nullptr;  // null once closed
  std::shared_ptr<losers> losers_;
  easy_handle_pool handles_;
  const bool direct_;  // without proxies
  std::shared_ptr<socket_set> sockets_;
  std::unordered_map<CURL*, running> running_;
  boost::asio::steady_timer timer_;
  std::optional<clock::time_point> wanted_at_;  // when libcurl wants to be run
  std::optional<clock::time_point> armed_for_;  // when the timer fires: not later than that
  bool run_posted_ = false;                     // "at once" needs no timer
  bool starting_ = false;                       // and no post: it is run in a moment
  std::uint64_t arming_ = 0;                    // tells a timer's firing from an outdated one
};

}  // namespace leash::http
