#pragma once

#include <memory>
#include <optional>
#include <string>

#include <leash/channel.hpp>
#include <leash/http_message.hpp>
#include <leash/http_transport.hpp>
#include <leash/task.hpp>

namespace leash::http {

class curl_multi;
class download;

// An answer whose body is read as it comes. What has not been read is held back at its server: at most
// about 256 KiB of it are here. When it is dropped, the transfer ends.
//
//   http::incoming page = co_await client.open({.url = "http://127.0.0.1/large"});
//   while (auto piece = co_await page.read()) out << *piece;
class incoming {
 public:
  incoming(incoming&&) noexcept;
  incoming& operator=(incoming&&) noexcept;
  ~incoming();

  // Status and headers. body, trailers, url, remote address and times are empty.
  const response& head() const noexcept;
  // The next piece of the body, which is not empty; nothing at its end. By one goroutine at a time.
  // Throws http::error when it breaks off.
  task<std::optional<std::string>> read();

 private:
  friend class client;
  explicit incoming(std::unique_ptr<download> from) noexcept;

  std::unique_ptr<download> from_;
};

// An HTTP client: HTTP/1.1 and HTTP/2, TLS, proxies, as libcurl has them. Any number of goroutines use
// one client at once; connections are kept for the next requests. Cheap to copy: copies share them. The proxies
// are those that the environment names; one that names none when the client is made is not asked again.
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
  // Likewise, with a body that is sent as it comes out of `body`, until that is closed: no sooner than
  // the server takes it. The request has no other body. Over HTTP/1.1 it is chunked. When the server answers
  // before the end, the rest stays in the channel.
  task<response> send(request asked, receive_channel<std::string> body) const;
  // The answer as soon as its head is there. Unless the request states its version, it is sent over
  // HTTP/1.1: there one who reads slowly holds up nobody else. max_body and max_decompressed hold.
  // Throws http::error.
  task<incoming> open(request asked) const;

 private:
  static task<incoming> begun(std::shared_ptr<curl_multi> multi, request asked);

  std::shared_ptr<curl_multi> multi_;
};

static_assert(transport<client>);

}  // namespace leash::http
