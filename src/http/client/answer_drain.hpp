#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <memory>
#include <utility>

#include "http/client/curl_transfer.hpp"
#include "http/client/easy_handle.hpp"

namespace leash::http {

// An HTTP/1.1 answer that nobody waits for any more, read to its end so that its connection can be used again.
// Worth it when little is left and it comes soon; otherwise closing is cheaper.
//
// The handle stays in its multi handle, which must have let go of it before this is destroyed. From here on
// nothing of libcurl touches the transfer's answer; what it asked with is kept.
class answer_drain {
 public:
  // How much may still come.
  static constexpr std::size_t most_bytes = std::size_t{64} << 10;

  // Whether the transfer's request is on its way on a connection and what is left of the answer is little.
  static bool is_worth_it(const curl_transfer& transfer);

  explicit answer_drain(std::shared_ptr<curl_transfer> transfer);
  answer_drain(const answer_drain&) = delete;
  answer_drain& operator=(const answer_drain&) = delete;

  CURL* handle() const noexcept { return easy_.get(); }
  // Gives the handle away, which has left its multi handle; what its options point to lives as long as this.
  easy_handle release_handle() noexcept { return std::move(easy_); }
  // Called now and then. Whether it has been looked at so often that the rest is not worth waiting for: a head has to
  // begin at once, and all of it to be there soon after. Counted in looks and not in time: when this process was
  // held up, what came meanwhile is read before the next look.
  bool is_overdue() noexcept {
    constexpr int looks_to_begin = 2;
    constexpr int looks_to_end = 20;
    return ++looks_ > (head_has_begun_ ? looks_to_end : looks_to_begin);
  }

 private:
  static std::size_t on_header(char*, std::size_t size, std::size_t count, void* self) noexcept;
  static std::size_t on_body(char*, std::size_t size, std::size_t count, void* self) noexcept;
  bool take(std::size_t bytes) noexcept;

  const std::shared_ptr<curl_transfer> transfer_;  // its options point into it
  bool head_has_begun_;
  int looks_ = 0;
  std::size_t left_ = most_bytes;
  easy_handle easy_;
};

}  // namespace leash::http
