#include "http/client/reset_flush.hpp"

#include <cstddef>
#include <new>

#include "http/client/socket_refusal.hpp"

namespace leash::http {
namespace {

int before_the_request(void* easy, char*, char*, int, int) noexcept {
  curl_easy_pause(static_cast<CURL*>(easy), CURLPAUSE_RECV);
  curl_easy_pause(static_cast<CURL*>(easy), CURLPAUSE_CONT);
  return CURL_PREREQFUNC_ABORT;
}

std::size_t discard(char*, std::size_t size, std::size_t count, void*) noexcept {
  return size * count;
}

}  // namespace

bool reset_flush::is_needed() {
  static const unsigned version = curl_version_info(CURLVERSION_NOW)->version_num;
  return version >= 0x075800 && version < 0x080f00;
}

reset_flush::reset_flush(CURL* like) : easy_(curl_easy_duphandle(like)) {
  CURL* easy = easy_.get();
  if (easy == nullptr) throw std::bad_alloc();
  set_option(easy, CURLOPT_HTTPGET, 1L);
  set_option(easy, CURLOPT_POSTFIELDS, static_cast<char*>(nullptr));
  set_option(easy, CURLOPT_HTTPHEADER, static_cast<curl_slist*>(nullptr));
  set_option(easy, CURLOPT_RESOLVE, static_cast<curl_slist*>(nullptr));
  set_option(easy, CURLOPT_PRIVATE, static_cast<void*>(nullptr));
  set_option(easy, CURLOPT_ERRORBUFFER, static_cast<char*>(nullptr));
  set_option(easy, CURLOPT_VERBOSE, 0L);
  set_option(easy, CURLOPT_NOPROGRESS, 1L);
  set_option(easy, CURLOPT_FOLLOWLOCATION, 0L);
  set_option(easy, CURLOPT_PIPEWAIT, 0L);
  set_option(easy, CURLOPT_HEADERFUNCTION, &discard);
  set_option(easy, CURLOPT_WRITEFUNCTION, &discard);
  set_option(easy, CURLOPT_OPENSOCKETFUNCTION, &refuse_socket);
  set_option(easy, CURLOPT_PREREQFUNCTION, &before_the_request);
  set_option(easy, CURLOPT_PREREQDATA, static_cast<void*>(easy));
}

}  // namespace leash::http
