#pragma once

#include <curl/curl.h>

#include "http/client/easy_handle.hpp"

namespace leash::http {

// Sends the RST_STREAM that libcurl keeps back.
//
// From 7.88 to 8.14 libcurl does not send the reset of an HTTP/2 stream whose handle was removed before it has
// something else to send on the connection (curl issue 17611), and the server goes on for nobody. This is a second
// handle for the same connection. It gets as far as the moment before its request, where taking back a pause that
// it has just asked for sends what is due; then it ends, and the connection is what it was. If there is no such
// connection any more, it opens none.
class reset_flush {
 public:
  static bool is_needed();

  // `like`: the handle whose stream is to be reset, still with all its options.
  explicit reset_flush(CURL* like);

  // To be added to the multi handle that `like` has left.
  CURL* handle() const noexcept { return easy_.get(); }

 private:
  easy_handle easy_;
};

}  // namespace leash::http
