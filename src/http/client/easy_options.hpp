#pragma once

#include <curl/curl.h>

#include <chrono>
#include <cstddef>
#include <optional>

#include <leash/http_message.hpp>

#include "http/client/easy_handle.hpp"

namespace leash::http {

// What a request's options point to; must outlive the handle.
struct option_lists {
  string_list headers;
  string_list resolve;
};

// The options of a request that asks for nothing of its own: what most requests of a client have in common, so that a
// handle which has them can be used again as it is.
struct lasting_options {
  // None: the request has options that another one must not find.
  static std::optional<lasting_options> of(const request& asked);

  http_version version;
  bool secure;
  bool insecure;
  bool follow_redirects;
  int max_redirects;
  std::chrono::nanoseconds connect_timeout;
  std::chrono::nanoseconds timeout;
  std::size_t min_speed;
  std::chrono::nanoseconds min_speed_time;
  std::size_t max_body;

  bool operator==(const lasting_options&) const = default;
};

// Sets on the handle what the request asks for: what, how, and how far to go; but not
// its URL. The request and the lists must outlive the handle. Throws std::bad_alloc.
void set_request_options(CURL* easy, const request& asked, option_lists& lists);

}  // namespace leash::http
