#pragma once

#include <curl/curl.h>

#include <leash/http_message.hpp>

#include "http/easy_handle.hpp"

namespace leash::http {

// What a request's options point to; must outlive the handle.
struct option_lists {
  string_list headers;
  string_list resolve;
};

// Sets on the handle what the request asks for: whom, what, how, and how far to go. The request and the
// lists must outlive the handle. Throws std::bad_alloc.
void set_request_options(CURL* easy, const request& asked, option_lists& lists);

}  // namespace leash::http
