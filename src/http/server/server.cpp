#include <leash/http_server.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <cerrno>
#include <chrono>
#include <utility>

#include "http/server/connection.hpp"

#include <leash/asio.hpp>
#include <leash/context.hpp>
#include <leash/error.hpp>
#include <leash/go.hpp>
#include <leash/semaphore.hpp>
#include <leash/time.hpp>

namespace leash::http {

using boost::asio::ip::tcp;

struct server::state {
  std::shared_ptr<const service> served;
  tcp::acceptor acceptor;
  semaphore connections;
};

namespace {

server::streaming_handler streamed(server::handler answer) {
  return [answer = std::move(answer)](const request& asked) -> task<streamed_response> {
    co_return streamed_response{co_await answer(asked), {}};
  };
}

tcp::endpoint endpoint_of(const server_options& options) {
  boost::system::error_code failure;
  const auto address = boost::asio::ip::make_address(options.address, failure);
  if (failure)
    throw leash::error(errc::bad_option,
                       "http::server: \"" + options.address +
                           "\" is no IP address to listen on; give one such as 127.0.0.1 or ::1");
  return {address, options.port};
}

// This machine has run out of something, which others will give back.
bool passes(boost::system::error_code failure) {
  return failure == boost::system::errc::too_many_files_open ||
         failure == boost::system::errc::too_many_files_open_in_system ||
         failure == boost::system::errc::no_buffer_space ||
         failure == boost::system::errc::not_enough_memory;
}

}  // namespace

server::server(handler answer, std::uint16_t port)
    : server(std::move(answer), server_options{.port = port}) {}

server::server(handler answer, const server_options& options)
    : server(streamed(std::move(answer)), options) {}

server::server(streaming_handler answer, const server_options& options)
    : state_(std::make_shared<state>(std::make_shared<service>(std::move(answer), options),
                                     tcp::acceptor(leash::io_context(), endpoint_of(options)),
                                     semaphore(options.max_connections))) {}

std::uint16_t server::port() const noexcept {
  boost::system::error_code failure;
  return state_->acceptor.local_endpoint(failure).port();
}

task<> server::serve() const {
  constexpr auto pause = std::chrono::milliseconds(50);
  const std::shared_ptr<state> kept = state_;
  for (;;) {
    semaphore::permit one = co_await kept->connections.acquire();
    boost::system::error_code failure;
    tcp::socket socket = co_await kept->acceptor.async_accept(use_goroutine(failure));
    // A client that is gone before it was accepted is no reason to stop.
    if (failure == boost::asio::error::connection_aborted) continue;
    if (passes(failure)) {
      co_await sleep(pause);
      continue;
    }
    if (failure) throw boost::system::system_error(failure);
    const auto leash = std::make_shared<cancelable_context>(with_cancel(this_goroutine::context()));
    go(*leash, converse, std::move(socket), kept->served, leash, std::move(one));
  }
}

}  // namespace leash::http
