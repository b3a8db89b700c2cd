#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <leash/http_message.hpp>
#include <leash/task.hpp>

namespace leash::http {

// Where the body of an answer goes that is sent piece by piece.
class body_writer {
 public:
  // co_await: sends the piece, and returns when the system has taken all of it: no sooner than its reader
  // reads, so that no more than a piece is in memory. An empty piece is nothing. When the client is gone, or
  // takes nothing for the server's write_timeout, this does not return: the goroutine is unwound.
  virtual task<> write(std::string_view piece) = 0;

 protected:
  ~body_writer() = default;
};

// An answer whose body is made while it is sent. `head` has status and headers; its body is sent when there is
// no other. The body's task runs in the connection's goroutine, and not at all for a HEAD. When it throws, the
// connection is closed before the body's end, so that its reader sees that something is missing.
struct streamed_response {
  response head;
  std::function<task<>(body_writer&)> body;
};

struct server_options {
  std::string address =
      "127.0.0.1";         // an IP address of this machine; 0.0.0.0 and :: are all of them
  std::uint16_t port = 0;  // 0: a free one

  // A connection is closed when a request's head is not there so long after the connection was ready for
  // one, or its body so long after that; and when its client takes nothing of an answer, or of a streamed
  // piece not all, for so long. They are looked at four times in the shorter of the two. Zero: no limit.
  std::chrono::nanoseconds read_timeout = std::chrono::seconds(30);
  std::chrono::nanoseconds write_timeout = std::chrono::seconds(30);

  std::uint32_t max_head = 32 << 10;                   // larger heads are refused with 431
  std::size_t max_body = std::size_t{8} << 20;         // larger bodies are refused with 413
  std::size_t max_connections = std::size_t{1} << 20;  // more wait until one of these is closed
};

// An HTTP/1.1 server, a goroutine a connection.
//
//   http::server server([](const http::request& asked) -> task<http::response> {
//     http::response answer;
//     answer.body = "you asked for " + asked.url;
//     co_return answer;
//   });
//   go([](http::server server) -> task<> { co_await server.serve(); }, server);
//
// Of the request, the handler gets method, url (the target, as it was sent), headers and body. Of the
// response, status, headers and body are sent; status 0 stands for 200, and Content-Length, Connection and
// Transfer-Encoding are the server's to give. A handler that throws is answered for with 500.
// A connection's goroutine is on the leash that serve()'s goroutine is on; it is unwound, with the
// handler that it runs, when its client goes away.
// Made and used on goroutines of one runtime, and gone before that ends.
class server {
 public:
  using handler = std::function<task<response>(const request&)>;
  using streaming_handler = std::function<task<streamed_response>(const request&)>;

  // Listens at once. Throws boost::system::system_error when it cannot, errc::bad_option when the address is
  // none, and errc::no_runtime outside a runtime.
  explicit server(handler answer, std::uint16_t port = 0);
  server(handler answer, const server_options& options);
  server(streaming_handler answer, const server_options& options);

  std::uint16_t port() const noexcept;

  // Accepts connections for as long as its goroutine lives.
  task<> serve() const;

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace leash::http
