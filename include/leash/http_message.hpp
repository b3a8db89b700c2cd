#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace leash::http {

// One header field. Names compare without regard to case; see find_header.
struct header {
  std::string name;
  std::string value;

  bool operator==(const header&) const = default;
};

// The value of the first field with that name, or nullptr.
inline const std::string* find_header(const std::vector<header>& fields,
                                      std::string_view name) noexcept {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  };
  const auto same = [lower](char a, char b) { return lower(a) == lower(b); };
  for (const header& field : fields)
    if (std::equal(field.name.begin(), field.name.end(), name.begin(), name.end(), same))
      return &field.value;
  return nullptr;
}

// What a request's on_trace is told about, a line at a time.
enum class trace_kind {
  note,             // what the client does: looks up, connects, verifies, reuses
  request_header,   // a line of the request's head as it was sent
  response_header,  // a line of an answer's head as it came
};

// Which version of HTTP a request is sent with.
enum class http_version {
  any,                    // HTTP/2 over TLS where the server offers it (ALPN), else HTTP/1.1
  http1_1,                // HTTP/1.1
  http2,                  // over TLS as above; without TLS by asking for an upgrade (h2c)
  http2_prior_knowledge,  // HTTP/2 at once, also without TLS (h2c): the server must speak it
};

// What to ask for. A plain value: copy it, change it, send it again.
//   request{.method = "PUT", .url = "http://127.0.0.1/name", .body = "value"}
//
// The method is sent as it is written. A POST that is answered with 301, 302 or 303 and follows
// redirects goes on as a GET, as browsers do; other methods stay what they are. Nothing is added
// that the caller did not ask for but Host, Accept, User-Agent and Content-Length: a body's
// Content-Type is the caller's to give.
struct request {
  // The empty initializers let designated ones leave members out without a compiler's warning.
  // NOLINTBEGIN(readability-redundant-member-init)
  std::string method = "GET";
  std::string url{};  // http or https; without a scheme, http
  std::vector<header> headers{};
  std::vector<std::string> omit{};  // headers of our own, such as Accept, that are not to be sent
  std::string body{};

  http_version version = http_version::any;
  bool compressed = false;  // ask for compressed answers; the body is what was compressed
  std::string user{};       // "name:password" for Basic authentication; only its first host is told
  std::vector<std::string> resolve{};  // "host:port:address[,address]...": looked up nowhere else

  bool insecure = false;          // accept any certificate
  bool follow_redirects = false;  // at most max_redirects times
  int max_redirects = 50;

  // Zero: no limit of ours. The first covers name look-up, TCP and TLS; the second everything.
  std::chrono::nanoseconds connect_timeout{0};
  std::chrono::nanoseconds timeout{0};

  // A transfer that brings fewer bytes a second than min_speed for min_speed_time fails as one that
  // timed out: a server that sends a byte a second now and then. Zero: as slow as it likes.
  std::size_t min_speed = 0;
  std::chrono::seconds min_speed_time{30};

  // A transfer whose answer is larger fails, with code 63, before more of it has been kept. Zero: no
  // limit of ours (libcurl's own: a line of a head has at most 100 KiB). A head counts with those
  // before it (redirects, interim ones); a body as it comes over the wire, and again once decompressed.
  std::size_t max_head = std::size_t{256} << 10;
  std::size_t max_body = std::size_t{256} << 20;
  std::size_t max_decompressed = std::size_t{256} << 20;

  // Called on the thread that does the I/O: it must be quick and must not throw.
  std::function<void(trace_kind, std::string_view line)> on_trace{};
  // NOLINTEND(readability-redundant-member-init)
};

// When, counted from the start of the transfer, each step was done. Zero: the step was not needed.
struct response_times {
  std::chrono::microseconds name_lookup{0};
  std::chrono::microseconds connect{0};
  std::chrono::microseconds tls{0};
  std::chrono::microseconds first_byte{0};
  std::chrono::microseconds total{0};
};

// The answer; after redirects, the last one.
struct response {
  int status = 0;
  std::string version;           // "1.1", "2"
  std::string reason;            // what followed the status; empty with HTTP/2
  std::vector<header> headers;   // in the order in which they came
  std::vector<header> trailers;  // those that came after a chunked body
  std::string body;
  std::string url;             // the one that answered, after redirects
  std::string remote_address;  // whom we talked to: an IP address
  std::uint16_t remote_port = 0;
  bool reused_connection = false;
  response_times times;

  // The value of the first header with that name, or nullptr.
  const std::string* find(std::string_view name) const noexcept {
    return find_header(headers, name);
  }
};

}  // namespace leash::http
