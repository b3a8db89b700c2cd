#pragma once

#include <curl/curl.h>

namespace leash::http {

// CURLOPT_OPENSOCKETFUNCTION for handles that may use the connections which are there, and open none.
inline curl_socket_t refuse_socket(void*, curlsocktype, curl_sockaddr*) noexcept {
  return CURL_SOCKET_BAD;
}

}  // namespace leash::http
