#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include <leash/http_message.hpp>
#include <leash/task.hpp>

namespace leash::http {

// An HTTP/1.1 server on the loopback interface, a goroutine a connection.
//
//   http::server server([](const http::request& asked) -> task<http::response> {
//     http::response answer;
//     answer.body = "you asked for " + asked.url;
//     co_return answer;
//   });
//   go([](http::server server) -> task<> { co_await server.serve(); }, server);
//
// Of the request, the handler gets method, url (the target, as it was sent), headers and body. Of the
// response, status, headers and body are sent; status 0 stands for 200, and Content-Length and
// Connection are the server's to give. A handler that throws is answered for with 500.
// A connection's goroutine is on the leash that serve()'s goroutine is on; it is unwound, with the
// handler that it runs, when its client goes away.
// Made and used on goroutines of one runtime, and gone before that ends.
class server {
 public:
  using handler = std::function<task<response>(const request&)>;

  // Listens at once; port 0 is a free one. Throws boost::system::system_error when it cannot, and
  // errc::no_runtime outside a runtime.
  explicit server(handler answer, std::uint16_t port = 0);

  std::uint16_t port() const noexcept;
  // Requests with a larger body are refused with 413.
  static constexpr std::size_t max_body = std::size_t{8} << 20;

  // Accepts connections for as long as its goroutine lives.
  task<> serve() const;

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace leash::http
