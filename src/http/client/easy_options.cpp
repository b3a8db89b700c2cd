#include "http/client/easy_options.hpp"

#include <algorithm>
#include <chrono>
#include <limits>

namespace leash::http {
namespace {

constexpr const char* user_agent = "leash/0.1";

// libcurl counts in milliseconds and takes zero for "no limit": rounded up.
long to_curl(std::chrono::nanoseconds limit) {
  if (limit <= std::chrono::nanoseconds{0}) return 0;
  return static_cast<long>(std::chrono::ceil<std::chrono::milliseconds>(limit).count());
}

long version_number(http_version version) {
  switch (version) {
    case http_version::any:
      break;
    case http_version::http1_1:
      return CURL_HTTP_VERSION_1_1;
    case http_version::http2:
      return CURL_HTTP_VERSION_2_0;
    case http_version::http2_prior_knowledge:
      return CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE;
  }
  return CURL_HTTP_VERSION_2TLS;
}

// libcurl before 8.0 takes a plain HTTP/2 connection that it uses again for one that has still to
// be told so, and fails.
bool reuses_plain_http2() {
  static const bool fixed = curl_version_info(CURLVERSION_NOW)->version_num >= 0x080000;
  return fixed;
}

bool is_secure(const request& asked) { return asked.url.starts_with("https:"); }

void set_way(CURL* easy, const request& asked, option_lists& lists) {
  set_option(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  set_option(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  set_option(easy, CURLOPT_DEFAULT_PROTOCOL, "http");  // libcurl guesses from the name otherwise
  for (const std::string& pin : asked.resolve) lists.resolve.add(pin);
  if (!asked.resolve.empty()) set_option(easy, CURLOPT_RESOLVE, lists.resolve.get());
  if (asked.follow_redirects) {
    set_option(easy, CURLOPT_FOLLOWLOCATION, 1L);
    set_option(easy, CURLOPT_MAXREDIRS, static_cast<long>(asked.max_redirects));
  }
}

void set_version(CURL* easy, const request& asked) {
  set_option(easy, CURLOPT_HTTP_VERSION, version_number(asked.version));
  const bool secure = is_secure(asked);
  const bool at_once = asked.version == http_version::http2_prior_knowledge;
  // Waits for the connection that another request is opening, to share it should it speak HTTP/2.
  // What surely does not is not waited for: its next request could only come after an answer.
  if (asked.version != http_version::http1_1 && (secure || at_once))
    set_option(easy, CURLOPT_PIPEWAIT, 1L);
  if (at_once && !secure && !reuses_plain_http2()) {
    set_option(easy, CURLOPT_PIPEWAIT, 0L);
    set_option(easy, CURLOPT_FRESH_CONNECT, 1L);
    set_option(easy, CURLOPT_FORBID_REUSE, 1L);
  }
}

void set_trust(CURL* easy, const request& asked) {
  if (asked.insecure) {
    set_option(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    set_option(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  if (!asked.user.empty()) set_option(easy, CURLOPT_USERPWD, asked.user.c_str());
}

void set_limits(CURL* easy, const request& asked) {
  set_option(easy, CURLOPT_CONNECTTIMEOUT_MS, to_curl(asked.connect_timeout));
  set_option(easy, CURLOPT_TIMEOUT_MS, to_curl(asked.timeout));
  if (asked.min_speed != 0) {
    constexpr std::size_t most = std::numeric_limits<long>::max();
    set_option(easy, CURLOPT_LOW_SPEED_LIMIT, static_cast<long>(std::min(asked.min_speed, most)));
    set_option(easy, CURLOPT_LOW_SPEED_TIME, static_cast<long>(asked.min_speed_time.count()));
  }
  // An announced length that is too large ends the transfer with the head. HEAD announces a body
  // that does not come.
  if (asked.max_body != 0 && asked.method != "HEAD")
    set_option(easy, CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(asked.max_body));
}

bool has_body(const request& asked) { return !asked.body.empty() || asked.method == "POST"; }

void set_method(CURL* easy, const request& asked) {
  const bool with_body = has_body(asked);
  if (with_body) {
    set_option(easy, CURLOPT_POST, 1L);
    set_option(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(asked.body.size()));
    set_option(easy, CURLOPT_POSTFIELDS, asked.body.data());  // not copied: it outlives the handle
  } else if (asked.method == "HEAD") {
    set_option(easy, CURLOPT_NOBODY, 1L);
  }
  const bool said_already =
      with_body ? asked.method == "POST" : asked.method == "GET" || asked.method == "HEAD";
  if (!said_already) set_option(easy, CURLOPT_CUSTOMREQUEST, asked.method.c_str());
}

void set_headers(CURL* easy, const request& asked, string_list& list) {
  for (const header& field : asked.headers) {
    // In libcurl's notation "Name:" takes a header away and "Name;" sends it without a value.
    list.add(field.value.empty() ? field.name + ";" : field.name + ": " + field.value);
  }
  for (const std::string& name : asked.omit) list.add(name + ":");
  // What libcurl adds to a body by itself: a type that nobody stated, and, for large ones, a
  // second's wait for servers that do not know "100-continue".
  if (has_body(asked) || (asked.method != "GET" && asked.method != "HEAD")) {
    for (const char* name : {"Content-Type", "Expect"})
      if (find_header(asked.headers, name) == nullptr) list.add(std::string(name) + ":");
  }
  if (list.get() != nullptr) set_option(easy, CURLOPT_HTTPHEADER, list.get());
  set_option(easy, CURLOPT_USERAGENT, user_agent);
  // "": whatever this libcurl can decompress.
  if (asked.compressed) set_option(easy, CURLOPT_ACCEPT_ENCODING, "");
}

}  // namespace

std::optional<lasting_options> lasting_options::of(const request& asked) {
  const bool plain = asked.method == "GET" && asked.body.empty() && asked.headers.empty() &&
                     asked.omit.empty() && asked.user.empty() && asked.resolve.empty() &&
                     !asked.compressed && !asked.on_trace;
  if (!plain) return std::nullopt;
  return lasting_options{.version = asked.version,
                         .secure = is_secure(asked),
                         .insecure = asked.insecure,
                         .follow_redirects = asked.follow_redirects,
                         .max_redirects = asked.max_redirects,
                         .connect_timeout = asked.connect_timeout,
                         .timeout = asked.timeout,
                         .min_speed = asked.min_speed,
                         .min_speed_time = asked.min_speed_time,
                         .max_body = asked.max_body};
}

void set_request_options(CURL* easy, const request& asked, option_lists& lists) {
  set_way(easy, asked, lists);
  set_version(easy, asked);
  set_trust(easy, asked);
  set_limits(easy, asked);
  set_method(easy, asked);
  set_headers(easy, asked, lists.headers);
}

}  // namespace leash::http
