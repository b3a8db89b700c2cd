#pragma once

#include <memory>
#include <string>

#include <leash/error.hpp>
#include <leash/http_message.hpp>
#include <leash/task.hpp>

namespace leash::http {

// A request brought no answer. what() is a sentence that names the URL and the cause. An answer with
// an error status is an answer, and no error.
class error : public leash::error {
 public:
  error(int transfer_code, const std::string& sentence);

  // What curl, the command, would exit with: 6 for an unknown host, 7 for a refused connection, 28
  // for a time-out, 60 for a certificate, and so on.
  int transfer_code() const noexcept { return transfer_code_; }

 private:
  int transfer_code_;
};

struct client_options {
  // About so many connections are kept open for the next requests, beside those in use.
  long max_idle_connections = 64;
};

// Sends requests and keeps the connections for the next ones: HTTP/1.1, and HTTP/2 over TLS. Proxies
// are taken from the environment, as curl does.
//
//   http::client client;
//   http::response answer = co_await client.get("http://127.0.0.1:8080/");
//
// Any goroutine may use it, many at once. It must not outlive the runtime in which it is first used.
class client {
 public:
  explicit client(client_options options = {});
  // Requests that are under way fail.
  ~client();
  client(client&&) noexcept;
  client& operator=(client&&) noexcept;

  // Suspends until the whole answer is there (`IO wait`); throws error. Unwinding ends the request
  // at once: its connection is closed, or its HTTP/2 stream is reset.
  [[nodiscard]] task<response> send(request asked);
  [[nodiscard]] task<response> get(std::string url);

 private:
  class state;
  std::shared_ptr<state> state_;
};

}  // namespace leash::http
