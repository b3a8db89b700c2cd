#pragma once

#include <curl/curl.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <leash/http_message.hpp>

#include "http/client/body_flow.hpp"
#include "http/client/easy_handle.hpp"
#include "http/client/easy_handle_pool.hpp"
#include "http/client/easy_options.hpp"
#include "http/client/head_reader.hpp"
#include "http/client/transfer_failure.hpp"

namespace leash::http {

// What became of a transfer.
enum class transfer_outcome { pending, answered, failed, aborted };

// Who makes and closes the sockets of a transfer: the driver that runs it.
struct socket_hooks {
  curl_opensocket_callback open = nullptr;
  curl_closesocket_callback close = nullptr;
  void* owner = nullptr;  // outlives every connection, not just this transfer
  bool direct = false;    // no proxy is to be looked for
};

// One request on its way and what comes back for it. Used once.
//
// Its libcurl handle lives only from open() to finish(): before, the transfer is a plain value that
// any thread may make; between, it belongs to the driver's executor; after, nothing of libcurl
// refers to it, and it belongs to whoever was told that it is finished.
class curl_transfer {
 public:
  // Both may be null: then the body is in the answer, or in the request.
  explicit curl_transfer(request asked, std::shared_ptr<body_sink> sink = nullptr,
                         std::shared_ptr<body_source> source = nullptr);
  ~curl_transfer();
  curl_transfer(const curl_transfer&) = delete;
  curl_transfer& operator=(const curl_transfer&) = delete;

  bool keeps_body() const noexcept { return sink_ == nullptr; }
  bool streams_request() const noexcept { return source_ != nullptr; }
  const request& asked() const noexcept { return asked_; }
  transfer_outcome outcome() const noexcept { return outcome_; }
  response& answer() noexcept { return answer_; }                        // when answered
  const transfer_failure& failure() const noexcept { return failure_; }  // when failed or aborted

  // For the driver, on its executor.

  // Takes a handle and sets what it has not got of the options. Null: the request cannot be sent; it has failed.
  CURL* open(easy_handle_pool& handles, const socket_hooks& hooks);
  CURL* handle() const noexcept { return easy_.get(); }  // null but between open and finish
  // What the handle has for the next transfer; none: nothing that it may keep.
  const std::optional<lasting_options>& lasting() const noexcept { return lasting_; }
  void* owner() const noexcept { return owner_; }  // of the hooks it was opened with
  const head_reader& head() const noexcept { return head_; }
  bool speaks_http2() const noexcept { return answer_.version.starts_with('2'); }  // after a head
  // Gives the handle away: it must call nothing of this any more, but may point to its options.
  easy_handle release_handle() noexcept { return std::move(easy_); }
  // Takes what the handle knows and lets it go. It must have left its multi handle.
  easy_handle finish(CURLcode code);
  easy_handle finish_aborted();
  // Tells why no socket could be made; libcurl would not.
  void note_socket_error(int os_error) noexcept { socket_error_ = os_error; }

 private:
  void set_lasting_options(const socket_hooks& hooks);
  void set_own_options();
  void take_facts();
  bool head_was_too_large(CURLcode code, transfer_stage stage) const;
  transfer_failure explain(CURLcode code) const;
  transfer_stage stage() const;
  bool encoded() const;
  bool is_last_head() const;
  bool take_head(std::string_view line);
  void make_room();
  bool fits(std::size_t more);
  std::size_t take_body(std::string_view bytes);

  static std::size_t on_header(char* data, std::size_t size, std::size_t count,
                               void* self) noexcept;
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self) noexcept;
  static std::size_t on_upload(char* space, std::size_t size, std::size_t count,
                               void* self) noexcept;
  static int on_progress(void* self, curl_off_t, curl_off_t received, curl_off_t,
                         curl_off_t) noexcept;
  static int on_debug(CURL*, curl_infotype type, char* data, std::size_t size, void* self) noexcept;

  const request asked_;
  const std::shared_ptr<body_sink> sink_;
  const std::shared_ptr<body_source> source_;
  response answer_;
  head_reader head_{answer_};
  transfer_failure failure_;
  transfer_outcome outcome_ = transfer_outcome::pending;

  std::optional<lasting_options> lasting_;
  option_lists lists_;
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  void* owner_ = nullptr;
  int socket_error_ = 0;
  std::size_t body_size_ = 0;  // of what was taken, wherever it went
  bool has_told_head_ = false;
  limit exceeded_ = limit::none;
  easy_handle easy_;  // destroyed first: it points to all of the above
};

}  // namespace leash::http
