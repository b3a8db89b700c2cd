#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <leash/http_message.hpp>

namespace leash::http::testing {

// What the server does with a request, step by step. After the last step it reads the next request.
struct step {
  enum class kind { send, hold, close, reset } what;
  std::string text;  // bytes to send, or the gate to wait for
};

inline step send(std::string bytes) { return {step::kind::send, std::move(bytes)}; }
inline step hold(std::string gate) { return {step::kind::hold, std::move(gate)}; }
inline step close() { return {step::kind::close, {}}; }
inline step reset() { return {step::kind::reset, {}}; }  // TCP's RST

// A whole answer with a Content-Length.
std::string answer(std::string_view body, std::string_view status = "200 OK",
                   std::string_view more_headers = "");

struct received_request {
  std::string method;
  std::string target;
  std::vector<header> headers;
  std::string body;
};

// An HTTP/1.1 server on a loopback port of its own, on a thread of its own, that does what the test
// tells it and tells the test what it saw. Callable from the test's thread.
class test_server {
 public:
  using script = std::vector<step>;
  using answerer = std::function<script(const received_request&)>;

  test_server();
  ~test_server();
  test_server(const test_server&) = delete;
  test_server& operator=(const test_server&) = delete;

  // What is done with a request for path. Paths that nobody spoke of are answered with 404.
  void on(std::string path, script steps);
  void on(std::string path, answerer respond);
  // Lets everyone pass who waits, or will wait, at the gate.
  void open_gate(const std::string& gate);

  std::uint16_t port() const noexcept { return port_; }
  std::string url(std::string_view path) const;

  int accepted() const;          // connections so far
  int open_connections() const;  // those that are open now
  int closed_by_client() const;  // those that the client closed or reset
  int reset_by_client() const;   // those of them that it reset
  std::vector<received_request> requests() const;
  // Waits until condition holds; tells whether it does. The condition is looked at after each
  // event of the server. A minute is no more than a guard against waiting for ever.
  bool wait_until(const std::function<bool()>& condition) const;

 private:
  class session;

  void accept();
  script respond_to(received_request asked);
  void pass_gate(const std::string& gate, const std::shared_ptr<session>& passer);
  void count(int test_server::* counter, int change);

  boost::asio::io_context io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  const std::uint16_t port_;
  std::map<std::string, std::vector<std::weak_ptr<session>>> waiting_;  // the server's thread only
  std::set<std::string> open_gates_;                                    // likewise

  mutable std::mutex mutex_;  // all below
  mutable std::condition_variable changed_;
  std::map<std::string, answerer> answerers_;
  std::vector<received_request> requests_;
  int accepted_ = 0;
  int open_ = 0;
  int closed_by_client_ = 0;
  int reset_by_client_ = 0;

  std::thread thread_;
};

}  // namespace leash::http::testing
