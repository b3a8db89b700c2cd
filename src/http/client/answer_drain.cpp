#include "http/client/answer_drain.hpp"

#include <utility>

#include "http/client/socket_refusal.hpp"

namespace leash::http {
namespace {

curl_off_t number_or_none(CURL* easy, CURLINFO info) {
  curl_off_t value = -1;
  return curl_easy_getinfo(easy, info, &value) == CURLE_OK ? value : -1;
}

bool request_is_sent(CURL* easy, std::size_t body) {
  long size = 0;
  curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &size);
  return size > 0 && number_or_none(easy, CURLINFO_SIZE_UPLOAD_T) == static_cast<curl_off_t>(body);
}

}  // namespace

bool answer_drain::is_worth_it(const curl_transfer& transfer) {
  CURL* easy = transfer.handle();
  if (!request_is_sent(easy, transfer.asked().body.size())) return false;
  if (!transfer.head().complete()) return true;
  const curl_off_t length = number_or_none(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T);
  const curl_off_t received = number_or_none(easy, CURLINFO_SIZE_DOWNLOAD_T);
  return length - received <= static_cast<curl_off_t>(most_bytes);
}

answer_drain::answer_drain(std::shared_ptr<curl_transfer> transfer)
    : transfer_(std::move(transfer)),
      head_has_begun_(transfer_->head().size() != 0),
      easy_(transfer_->release_handle()) {
  CURL* easy = easy_.get();
  set_option(easy, CURLOPT_HEADERFUNCTION, &answer_drain::on_header);
  set_option(easy, CURLOPT_HEADERDATA, static_cast<void*>(this));
  set_option(easy, CURLOPT_WRITEFUNCTION, &answer_drain::on_body);
  set_option(easy, CURLOPT_WRITEDATA, static_cast<void*>(this));
  set_option(easy, CURLOPT_ERRORBUFFER, static_cast<char*>(nullptr));
  set_option(easy, CURLOPT_VERBOSE, 0L);
  set_option(easy, CURLOPT_NOPROGRESS, 1L);
  set_option(easy, CURLOPT_FOLLOWLOCATION, 0L);
  set_option(easy, CURLOPT_OPENSOCKETFUNCTION, &refuse_socket);  // it is not worth a connection
}

bool answer_drain::take(std::size_t bytes) noexcept {
  head_has_begun_ = true;
  if (bytes > left_) return false;
  left_ -= bytes;
  return true;
}

std::size_t answer_drain::on_header(char*, std::size_t size, std::size_t count,
                                    void* self) noexcept {
  const bool taken = static_cast<answer_drain*>(self)->take(size * count);
  return taken ? size * count : CURL_WRITEFUNC_ERROR;
}

std::size_t answer_drain::on_body(char*, std::size_t size, std::size_t count, void* self) noexcept {
  return on_header(nullptr, size, count, self);
}

}  // namespace leash::http
