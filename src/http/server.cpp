#include <leash/http_server.hpp>

#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <string_view>
#include <utility>

#include <leash/asio.hpp>
#include <leash/context.hpp>
#include <leash/go.hpp>

namespace leash::http {

namespace beast = boost::beast;
using boost::asio::ip::tcp;

struct server::state {
  handler answer;
  tcp::acceptor acceptor;
};

namespace {

using message = beast::http::response<beast::http::string_body>;

beast::string_view view_of(std::string_view text) { return {text.data(), text.size()}; }

request taken_from(beast::http::request<beast::http::string_body>&& came) {
  request asked;
  asked.method = std::string(came.method_string());
  asked.url = std::string(came.target());
  for (const auto& field : came)
    asked.headers.push_back({std::string(field.name_string()), std::string(field.value())});
  asked.body = std::move(came.body());
  return asked;
}

bool is_the_servers(std::string_view name) {
  return beast::iequals(view_of(name), "Content-Length") ||
         beast::iequals(view_of(name), "Transfer-Encoding") ||
         beast::iequals(view_of(name), "Connection");
}

message made_of(response&& given) {
  message answer;
  answer.result(static_cast<unsigned>(given.status == 0 ? 200 : given.status));
  for (const header& field : given.headers)
    if (!is_the_servers(field.name)) answer.insert(view_of(field.name), view_of(field.value));
  answer.body() = std::move(given.body);
  return answer;
}

message plain(unsigned status, std::string body) {
  response given;
  given.status = static_cast<int>(status);
  given.body = std::move(body);
  return made_of(std::move(given));
}

task<message> answer_to(const server::handler& handler, const request& asked) {
  std::string why;
  try {
    co_return made_of(co_await handler(asked));
  } catch (const std::exception& failure) {
    why = failure.what();
  } catch (...) {
    why = "the handler failed";
  }
  co_return plain(500, why + "\n");
}

task<> write(tcp::socket& socket, message& answer, bool head, boost::system::error_code& failure) {
  answer.prepare_payload();
  beast::http::response_serializer<beast::http::string_body> serializer(answer);
  if (head) {
    // The length of what a GET would bring, and nothing of it.
    serializer.split(true);
    co_await beast::http::async_write_header(socket, serializer, use_goroutine(failure));
  } else {
    co_await beast::http::async_write(socket, serializer, use_goroutine(failure));
  }
}

// Ends the leash of a connection when its client goes away while the handler runs: goroutine, handler
// and all are unwound. A client that only closes its sending side counts as gone, as it does in Go.
class hang_up_watch {
 public:
  hang_up_watch(tcp::socket& socket, std::shared_ptr<cancelable_context> leash) : socket_(socket) {
    const int descriptor = socket.native_handle();
    socket.async_wait(tcp::socket::wait_read,
                      [descriptor, leash = std::move(leash)](boost::system::error_code failure) {
                        // When the socket is closed meanwhile, this may look at another; its leash is of no use then.
                        char next = 0;
                        if (!failure && ::recv(descriptor, &next, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
                          leash->cancel();
                      });
  }
  hang_up_watch(hang_up_watch&&) = delete;
  ~hang_up_watch() {
    boost::system::error_code ignored;
    socket_.cancel(ignored);
  }

 private:
  tcp::socket& socket_;
};

task<> converse(tcp::socket socket, server::handler handler,
                std::shared_ptr<cancelable_context> leash) {
  boost::system::error_code failure;
  socket.set_option(tcp::no_delay(true), failure);
  beast::flat_buffer buffer;
  for (bool keep = true; keep;) {
    beast::http::request_parser<beast::http::string_body> parser;
    parser.body_limit(server::max_body);
    co_await beast::http::async_read(socket, buffer, parser, use_goroutine(failure));
    message answer;
    bool head = false;
    if (failure == beast::http::error::body_limit) {
      answer = plain(413, "the body is too large\n");
      keep = false;
    } else if (failure.category() ==
                   beast::http::make_error_code(beast::http::error{}).category() &&
               failure != beast::http::error::end_of_stream &&
               failure != beast::http::error::partial_message) {
      answer = plain(400, failure.message() + "\n");
      keep = false;
    } else if (failure) {
      break;
    } else {
      keep = parser.keep_alive();
      head = parser.get().method() == beast::http::verb::head;
      const unsigned version = parser.get().version();
      const request asked = taken_from(parser.release());
      {
        const hang_up_watch watch(socket, leash);
        answer = co_await answer_to(handler, asked);
      }
      answer.version(version);
    }
    answer.keep_alive(keep);
    co_await write(socket, answer, head, failure);
    if (failure) break;
  }
  socket.shutdown(tcp::socket::shutdown_send, failure);
}

}  // namespace

server::server(handler answer, std::uint16_t port)
    : state_(std::make_shared<state>(
          std::move(answer),
          tcp::acceptor(leash::io_context(),
                        tcp::endpoint(boost::asio::ip::address_v4::loopback(), port)))) {}

std::uint16_t server::port() const noexcept {
  boost::system::error_code failure;
  return state_->acceptor.local_endpoint(failure).port();
}

task<> server::serve() const {
  const std::shared_ptr<state> kept = state_;
  for (;;) {
    boost::system::error_code failure;
    tcp::socket socket = co_await kept->acceptor.async_accept(use_goroutine(failure));
    // A client that is gone before it was accepted is no reason to stop.
    if (failure == boost::asio::error::connection_aborted) continue;
    if (failure) throw boost::system::system_error(failure);
    const auto leash = std::make_shared<cancelable_context>(with_cancel(this_goroutine::context()));
    go(*leash, converse, std::move(socket), kept->answer, leash);
  }
}

}  // namespace leash::http
