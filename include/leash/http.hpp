#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include <leash/http_message.hpp>
#include <leash/task.hpp>

namespace leash::http {

class curl_multi;

// A request that brought no answer. what() is a sentence that names the URL and the cause. A status such
// as 404 is an answer, not an error.
class error : public std::runtime_error {
 public:
  error(int code, const std::string& what) : std::runtime_error(what), code_(code) {}
  // libcurl's number, which is also curl's exit code: 6 no such host, 7 no connection, 28 timed out, …
  int code() const noexcept { return code_; }

 private:
  int code_;
};

// An HTTP client: HTTP/1.1 and HTTP/2, TLS, proxies, as libcurl has them. Any number of goroutines use
// one client at once; connections are kept for the next requests. Cheap to copy: copies share them.
//
//   http::client client;
//   http::response page = co_await client.get("http://127.0.0.1:8080/");
//
// A goroutine that is unwound in a request ends it at once. Made and used on goroutines of one runtime,
// and gone before that ends; the constructor throws errc::no_runtime elsewhere.
class client {
 public:
  client();
  client(const client&) noexcept = default;
  client& operator=(const client&) noexcept = default;
  client(client&&) noexcept = default;
  client& operator=(client&&) noexcept = default;
  ~client();

  // The answer to a GET. Throws http::error.
  task<response> get(std::string url) const;
  // The answer to any request; what is asked for and how far to go stands in it. Throws http::error.
  task<response> send(request asked) const;

 private:
  std::shared_ptr<curl_multi> multi_;
};

}  // namespace leash::http
